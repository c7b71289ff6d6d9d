"""Numbers about judges and samples: arrays come in, coefficients with intervals go out. No store, no clock, no dice.

    labels and verdicts ─► agreement.py ─► gate.py        may this judge drive alerts, has it fallen, how many labels more
    weighted verdicts   ─► estimate.py ─► correct.py      rates and means by cohort, freed from the judge's own error
                               └── resample.py ──┘        one kind of interval for all of them, from a seed

Every interval is made of replicates of the items' weights: see `resample.py` for why, and docs/decisions for what was
measured. The same arrays and the same seed give the same interval.
"""
