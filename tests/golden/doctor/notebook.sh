# for root on Ubuntu 24.04.1 LTS; melisai-gate prints these and never runs them
# governor (powersave): Let the CPUs run at full clock while benchmarks run.
echo performance | tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor
# turbo (on): Switch it off while benchmarks run.
echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo
# smt (on): Switch it off while benchmarks run.
echo off > /sys/devices/system/cpu/smt/control
# swap (256 MiB of 4 GiB in use): Free memory, then empty the swap; back on with swapon -a.
swapoff -a
# huge_pages (always): Give them only to programs that ask.
echo madvise > /sys/kernel/mm/transparent_hugepage/enabled
# optional: perf_event_paranoid (4: nothing without CAP_PERFMON): Lower it where profiles shall show the kernel, too.
sysctl -w kernel.perf_event_paranoid=1
# optional: tier_2 (not installed: perf, bpftrace, BCC tools): Install what a collector asks for.
apt-get install linux-tools-$(uname -r)
# optional: tier_2 (not installed: perf, bpftrace, BCC tools): Install what a collector asks for.
apt-get install bpftrace
# optional: tier_2 (not installed: perf, bpftrace, BCC tools): Install what a collector asks for.
apt-get install bpfcc-tools
