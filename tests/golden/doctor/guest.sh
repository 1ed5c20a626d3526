# for root on Debian GNU/Linux 12 (bookworm); melisai-gate prints these and never runs them
# clocksource (hpet): Take the counter of the CPU.
echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource
# optional: aslr (off): Switch it on, unless something here needs it off.
sysctl -w kernel.randomize_va_space=2
# optional: tier_2 (bpftrace: installed; BCC tools: need the headers of the running kernel; not installed: perf): Install what a collector asks for.
apt-get install linux-perf
# optional: tier_2 (bpftrace: installed; BCC tools: need the headers of the running kernel; not installed: perf): Install what a collector asks for.
apt-get install linux-headers-$(uname -r)
