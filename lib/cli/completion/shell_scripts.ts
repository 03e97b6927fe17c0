// What each shell is told: to ask the program itself for what fits.

/** Shells that can complete. */
export const shells = ["bash", "zsh", "fish", "powershell"] as const;

export type Shell = (typeof shells)[number];

/** The script for a shell; `program` is how the program is called. */
export function shellScript(shell: Shell, program: string): string {
  const name = program.replaceAll(/[^A-Za-z0-9]/g, "_");
  switch (shell) {
    case "bash":
      return `_${name}() {
  local IFS=$'\\n'
  COMPREPLY=($(${program} __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -F _${name} ${program}`;
    case "zsh":
      return `#compdef ${program}
_${name}() {
  local -a found
  found=(\${(f)"$(${program} __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  compadd -- $found
}
compdef _${name} ${program}`;
    case "fish":
      return `function __${name}
  set -l words (commandline -opc) (commandline -ct)
  ${program} __complete -- $words[2..-1] 2>/dev/null
end
complete -c ${program} -f -a '(__${name})'`;
    case "powershell":
      // Before 7.3 PowerShell leaves an empty argument out, unless it is written with its quotes.
      return `Register-ArgumentCompleter -Native -CommandName '${program}' -ScriptBlock {
  param($word, $ast, $cursor)
  $words = @($ast.CommandElements | Select-Object -Skip 1 |
    Where-Object { $_.Extent.StartOffset -lt $cursor } | ForEach-Object { "$_" })
  if ($word -eq '') {
    $keeps = $PSVersionTable.PSVersion -ge [version]'7.3' -and $PSNativeCommandArgumentPassing -ne 'Legacy'
    $words += if ($keeps) { '' } else { '""' }
  }
  & '${program}' __complete '--' @words 2>$null | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}`;
    default:
      return shell satisfies never;
  }
}
