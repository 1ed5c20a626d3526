# for root on CentOS Linux 7 (Core); melisai-gate prints these and never runs them
# governor (ondemand, performance): Let the CPUs run at full clock while benchmarks run.
echo performance | tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor
# turbo (on): Switch it off while benchmarks run.
echo 0 > /sys/devices/system/cpu/cpufreq/boost
# optional: tier_2 (perf: installed; not installed: bpftrace, BCC tools): Install what a collector asks for.
yum install bcc-tools
