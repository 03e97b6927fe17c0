// How the catalogue becomes instruments of prom-client, in a registry of our own.
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { counters, gauges, histograms, type HistogramShape, type MetricShape } from "./metric_catalogue.ts";

/** The instruments, asked for by the full name of the metric. */
export interface Instruments {
  counter(name: keyof typeof counters): Counter;
  gauge(name: keyof typeof gauges): Gauge;
  histogram(name: keyof typeof histograms): Histogram;
}

/** Makes every metric of the catalogue in `registry`. prom-client's global registry stays empty. */
export function createInstruments(registry: Registry): Instruments {
  const registers = [registry];
  const countersByName = makeAll<MetricShape, Counter>(
    counters,
    (name, { help, labels = [] }) => new Counter({ name, help, labelNames: [...labels], registers }),
  );
  const gaugesByName = makeAll<MetricShape, Gauge>(
    gauges,
    (name, { help, labels = [] }) => new Gauge({ name, help, labelNames: [...labels], registers }),
  );
  const histogramsByName = makeAll<HistogramShape, Histogram>(
    histograms,
    (name, { help, labels = [], buckets }) =>
      new Histogram({ name, help, labelNames: [...labels], buckets: [...buckets], registers }),
  );
  return { counter: countersByName, gauge: gaugesByName, histogram: histogramsByName };
}

function makeAll<Shape, Instrument>(
  shapes: Readonly<Record<string, Shape>>,
  make: (name: string, shape: Shape) => Instrument,
): (name: string) => Instrument {
  const made = new Map(Object.entries(shapes).map(([name, shape]) => [name, make(name, shape)]));
  return (name) => {
    const instrument = made.get(name);
    if (instrument === undefined) throw new Error(`Cannot count "${name}": no such metric in the catalogue`);
    return instrument;
  };
}
