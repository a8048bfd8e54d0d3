import { UserError } from '@slipway/errors'

/** The shells that a completion script is there for. */
export const SHELLS = ['bash', 'fish', 'zsh'] as const

/**
 * The script that makes a shell ask `NAME __complete WORDS…` what may come next. Throws UserError SHELL_UNSUPPORTED for a shell that there
 * is no script for.
 */
export function completionScript(shell: string, program: string, { described = true } = {}): string {
  const script = scripts[shell]
  if (!script)
    throw new UserError('SHELL_UNSUPPORTED', `completion for ${shell} is not supported: ${SHELLS.join(', ')} are`)
  const ask = described ? '__complete' : '__completeNoDesc'
  return script.replaceAll('PROGRAM', program).replaceAll('ASK', ask).trimStart()
}

/** Readline replaces what follows the last `=` or `:`; of a candidate, no more than that is given. */
const bash = `
# bash completion for PROGRAM
__PROGRAM_complete() {
    local line=\${COMP_LINE:0:COMP_POINT} words word out directive candidate
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=('')
    word=\${words[-1]}
    out=$(eval "\${words[0]} ASK $(printf '%q ' "\${words[@]:1}")" 2>/dev/null) || return
    directive=\${out##*:}
    [[ $word == -*=* ]] && word=\${word#*=}
    COMPREPLY=()
    while IFS= read -r candidate; do
        candidate=\${candidate%%$'\\t'*}
        [[ $candidate == :* || $candidate != "$word"* ]] && continue
        [[ $word == *:* ]] && candidate=\${candidate#"\${word%"\${word##*:}"}"}
        COMPREPLY+=("$candidate")
    done <<<"$out"
    (( directive & 2 )) && compopt -o nospace
    (( directive & 4 )) || (( \${#COMPREPLY[@]} )) || compopt -o default
}
complete -F __PROGRAM_complete PROGRAM
`

const zsh = `
#compdef PROGRAM
# zsh completion for PROGRAM
__PROGRAM_complete() {
    local -a out candidates flags
    local directive line="\${words[1]} ASK \${words[2,CURRENT]}"
    [[ -n \${words[CURRENT]} ]] || line+=" ''"
    out=("\${(@f)$(eval "$line" 2>/dev/null)}")
    directive=\${out[-1]#:}
    for line in "\${(@)out[1,-2]}"; do
        [[ $line == *$'\\t'* ]] && line="\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}" || line=\${line//:/\\\\:}
        candidates+=("$line")
    done
    (( directive & 2 )) && flags=(-S '')
    [[ $PREFIX == -*=* ]] && compset -P '*='
    if (( \${#candidates} )); then
        _describe PROGRAM candidates "\${flags[@]}"
    elif ! (( directive & 4 )); then
        _files
    fi
}
compdef __PROGRAM_complete PROGRAM
`

const fish = `
# fish completion for PROGRAM
function __PROGRAM_complete
    set -l before (commandline -opc)
    set -l word (commandline -ct)
    set -l out (eval $before[1] ASK (string escape -- $before[2..-1] "$word") 2>/dev/null)
    set -l flag (string match -r -- '^-[^=]*=' "$word")
    set -l directive (string replace ':' '' -- $out[-1])
    set -e out[-1]
    if set -q out[1]
        printf '%s\\n' "$flag"$out
    else if test (math "bitand($directive, 4)") -eq 0
        printf '%s\\n' "$flag"(__fish_complete_path (string replace -r -- '^-[^=]*=' '' "$word"))
    end
end
complete -c PROGRAM -f -a '(__PROGRAM_complete)'
`

const scripts: Record<string, string> = { bash, fish, zsh }
