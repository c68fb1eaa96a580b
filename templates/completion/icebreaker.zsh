#compdef icebreaker
# Completion of icebreaker for zsh: commands, flags, and the names that icebreaker.yaml has.
#
# For this shell:   source <(icebreaker completion zsh)
# For every shell:  mkdir -p ~/.zfunc && icebreaker completion zsh > ~/.zfunc/_icebreaker
#                   and in ~/.zshrc, before compinit:  fpath=(~/.zfunc $fpath)
# compinit must have run: autoload -Uz compinit && compinit

_icebreaker() {
  local program=icebreaker line value about found=1
  [[ ${words[1]} == */* && -x ${words[1]} ]] && program=${words[1]}

  # Without their quotes, up to the cursor.
  local -a typed candidates
  typed=("${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}")

  for line in "${(@f)$("$program" __complete -- "${typed[@]}" 2>/dev/null)}"; do
    case $line in
      (:files|:folders)
        # Of --flag=path only what follows is a path.
        [[ $PREFIX == --*=* ]] && compset -P '--*='
        if [[ $line == :files ]]; then _files && found=0; else _files -/ && found=0; fi
        ;;
      (:*|'') ;;
      (*$'\t'*)
        value=${line%%$'\t'*}
        about=${line#*$'\t'}
        candidates+=("${value//:/\\:}:$about")
        ;;
      (*) candidates+=("${line//:/\\:}") ;;
    esac
  done
  (( ${#candidates} )) && _describe icebreaker candidates && found=0
  return found
}

# zsh calls the file itself where it found it in fpath; sourced, it must say what it completes.
if [[ ${zsh_eval_context[-1]} == loadautofunc ]]; then
  _icebreaker "$@"
else
  compdef _icebreaker icebreaker
fi
