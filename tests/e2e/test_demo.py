"""The README's first command: scores, judges that nobody has measured, and after the shipped labels how far they agree."""

import os
import re
import subprocess
import sys


def test_the_demo_ends_in_an_agreement_table() -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("ASSAY_")}
    done = subprocess.run(
        [sys.executable, "-m", "assay.cli.main", "demo"],
        capture_output=True,
        text=True,
        env=env,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr
    before, imported, after = re.split(r"\$ assay label --import |\$ assay quality\n", done.stdout)[-3:]
    judge = r"offline\.(faithfulness|relevance)@1 .*"
    assert len(re.findall(judge + " uncalibrated", before)) == 2
    assert imported.partition("\n")[0].strip().endswith("demo_labels.csv")
    assert re.search(r"Labels: [1-9]\d* new, 0 changed, 0 unchanged\.\n", imported), (
        "every label is of a trace of the demo"
    )
    assert "They stand in for people" in imported
    # Traces, a coefficient with its interval, and where the gate stands.
    agreement = (
        judge + r" expert +[1-9]\d+  (spearman|mcc) -?[01]\.\d\d \[-?[01]\.\d\d, -?[01]\.\d\d\] .* (closed|open)"
    )
    assert {found[0] for found in re.findall(agreement, after)} == {"faithfulness", "relevance"}
    assert "uncalibrated" not in "".join(re.findall(judge, after))
