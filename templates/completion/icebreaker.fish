# Completion of icebreaker for fish: commands, flags, and the names that icebreaker.yaml has.
#
# For this shell:   icebreaker completion fish | source
# For every shell:  mkdir -p ~/.config/fish/completions
#                   icebreaker completion fish > ~/.config/fish/completions/icebreaker.fish

function __icebreaker_complete
    set -l typed (commandline -opc)
    set -l program icebreaker
    if string match -q '*/*' -- $typed[1]; and test -x $typed[1]
        set program $typed[1]
    end
    set -l current (commandline -ct)
    # Of --flag=path only what follows is a path.
    set -l head (string match -r -- '^--[^=]*=' $current)
    set -l path (string replace -- "$head" '' $current)
    for line in ($program __complete -- $typed[2..-1] "$current" 2>/dev/null)
        switch $line
            case ':files'
                __fish_complete_path "$path" | string replace -r -- '^' "$head"
            case ':folders'
                __fish_complete_directories "$path" | string replace -r -- '^' "$head"
            case ':*'
            case '*'
                # fish reads VALUE<TAB>DESCRIPTION as it is.
                printf '%s\n' $line
        end
    end
end

complete -c icebreaker -f -a '(__icebreaker_complete)'
