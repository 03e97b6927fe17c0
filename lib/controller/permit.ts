// May we write now? With leader election: only while the lease is surely ours.

/** Nothing may be written: another replica leads, or our lease could not be renewed in time. */
export class NotPermitted extends Error {
  override name = "NotPermitted";
  constructor() {
    super("this replica does not lead at the moment");
  }
}
