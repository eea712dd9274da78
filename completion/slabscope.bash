# bash completion for slabscope
_slabscope()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command=top word
	local top='--batch --json --csv --once --screen --sort --rounds --delay --log --max-size --callers
		--max-overhead --btf --caches --pid --cgroup --from --speed --help --usage --version'

	COMPREPLY=()
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $word in
		top | demo | doctor | record | replay | compare | workload) command=$word; break ;;
		esac
	done
	case $prev in
	--screen) COMPREPLY=($(compgen -W 'caches cpus latency origins callers walk doctor' -- "$cur")); return ;;
	-s | --sort) COMPREPLY=($(compgen -W 'a b c l v n o p s u ALLOC/s FREE/s HIT% REFILL/s P50 P99 MEM GROW/min' -- "$cur")); return ;;
	-p | --pid) COMPREPLY=($(compgen -W "$(cd /proc && echo [0-9]*)" -- "$cur")); return ;;
	-c | --caches) COMPREPLY=($(compgen -W "$(ls /sys/kernel/slab 2>/dev/null | grep -v '^:')" -- "$cur")); return ;;
	--workload) COMPREPLY=($(compgen -W 'files sockets pipes messages inodes threads all' -- "$cur")); return ;;
	--clock) COMPREPLY=($(compgen -W 'ns instructions' -- "$cur")); return ;;
	--freelist) COMPREPLY=($(compgen -W 'array bufctl' -- "$cur")); return ;;
	--from) COMPREPLY=($(compgen -d -- "$cur")); return ;;
	--log | --btf | --cgroup) COMPREPLY=($(compgen -f -- "$cur")); return ;;
	-n | --rounds | -d | --delay | --max-size | --max-overhead | --batchcount | --limit | --repeat | --sharedfactor | --speed | --sweep) return ;;
	esac
	if [[ $cur == -* ]]; then
		case $command in
		doctor) top='--json --btf --help --usage --version' ;;
		record) top='--caches --delay --pid --kernel --btf --help --usage --version' ;;
		replay) top='--caches --json --batchcount --freelist --limit --repeat --sharedfactor --sweep --threads --help
			--usage --version' ;;
		compare) top='--workload --delay --caches --json --tui --repeat --batchcount --limit --sharedfactor --clock --help --usage
			--version' ;;
		workload) top='--delay --help --usage --version' ;;
		esac
		COMPREPLY=($(compgen -W "$top" -- "$cur"))
	elif [[ $COMP_CWORD -eq 1 ]]; then
		COMPREPLY=($(compgen -W 'top demo doctor record replay compare workload' -- "$cur"))
	elif [[ $command == record || $command == replay || $command == compare ]]; then
		COMPREPLY=($(compgen -d -- "$cur"))
	elif [[ $command == workload ]]; then
		COMPREPLY=($(compgen -W 'files sockets pipes messages inodes threads all' -- "$cur"))
	fi
}
complete -F _slabscope slabscope
