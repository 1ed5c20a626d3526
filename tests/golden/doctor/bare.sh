# for root on this machine; melisai-gate prints these and never runs them
# distribution 'rescueos' is not known here, so packages are not named: `melisai-gate doctor` says what is not installed
# nothing to change
