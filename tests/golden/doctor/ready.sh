# for root on Fedora Linux 40 (Server Edition); melisai-gate prints these and never runs them
# nothing to change
