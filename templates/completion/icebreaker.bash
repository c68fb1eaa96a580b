# Completion of icebreaker for bash: commands, flags, and the names that icebreaker.yaml has.
#
# For this shell:   source <(icebreaker completion bash)
# For every shell:  mkdir -p ~/.local/share/bash-completion/completions
#                   icebreaker completion bash > ~/.local/share/bash-completion/completions/icebreaker
# The second needs the package bash-completion. Without it, or with the bash 3.2 of macOS, add to ~/.bashrc:
#                   eval "$(icebreaker completion bash)"

_icebreaker() {
  local program=icebreaker
  [[ ${COMP_WORDS[0]} == */* && -x ${COMP_WORDS[0]} ]] && program=${COMP_WORDS[0]}

  # bash breaks words at : and = too, as readline does. What no blank parts on the line is one word to icebreaker.
  local rest=${COMP_LINE:0:COMP_POINT} part words=() i
  for ((i = 0; i <= COMP_CWORD; i++)); do
    part=${COMP_WORDS[i]}
    if ((i == 0)) || [[ $rest == [[:blank:]]* ]]; then
      rest=${rest#"${rest%%[![:blank:]]*}"}
      words+=("")
    fi
    # The cursor may stand in the middle of the last word.
    ((i == COMP_CWORD)) && [[ $rest != "$part"* ]] && part=$rest
    rest=${rest#"$part"}
    words[${#words[@]} - 1]+=$part
  done

  # As typed, with quotes and backslashes; icebreaker wants what they mean.
  local current=${words[${#words[@]} - 1]} typed=()
  for ((i = 1; i < ${#words[@]}; i++)); do
    part=${words[i]}
    part=${part//[\"\'\\]/}
    typed+=("$part")
  done

  # readline puts a candidate in the place of what follows the last : or =.
  local head='' mark
  for mark in : =; do
    if [[ $COMP_WORDBREAKS == *"$mark"* && $current == *"$mark"* ]]; then
      part=${current%"${current##*"$mark"}"}
      ((${#part} > ${#head})) && head=$part
    fi
  done

  COMPREPLY=()
  local line value
  while IFS= read -r line; do
    case $line in
      :files | :folders)
        local option=-f
        [[ $line == :folders ]] && option=-d
        part=${current#"$head"}
        while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen "$option" -- "$part")
        # Slashes after folders, and quotes where they are needed. bash 3.2 has no compopt.
        compopt -o filenames 2>/dev/null
        ;;
      :*) ;;
      *)
        value=${line%%$'\t'*}
        COMPREPLY+=("${value#"$head"}")
        ;;
    esac
  done < <("$program" __complete -- "${typed[@]}" 2>/dev/null)
}

complete -F _icebreaker icebreaker
