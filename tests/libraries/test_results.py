"""What handlers return and raise with data libraries and the like, as Camunda and operators get to see it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.libraries.conftest import Start
from tests.parts.scene import Scene

pytestmark = pytest.mark.slow

#: An expression of numpy or pandas, and what becomes of it as a variable.
TAKEN: dict[str, Any] = {
    "np.int64(6)": 6,
    "np.uint64(2**63 - 1)": 2**63 - 1,
    "np.int8(-1)": -1,
    "np.float32(0.5)": 0.5,
    "np.float16(0.5)": 0.5,
    "np.bool_(True)": True,
    "np.str_('Größe ж')": "Größe ж",
    "np.array(6)": 6,
    "frame['x'].sum()": 6,
    "frame['x'].mean()": 2.0,
    "(frame['x'] > 1).any()": True,
    "frame.loc[2, 'y']": "ж",
    "frame['x'].to_dict()": {"0": 1, "1": 2, "2": 3},
    "{np.int64(1): [np.int64(2)]}": {"1": [2]},
    "pd.Timestamp('2026-01-02T03:04:05Z')": "2026-01-02T03:04:05Z",
    "pd.Timedelta('1h')": "PT1H",
    "frame.to_dict('records')[:1]": [{"x": 1, "y": "a"}],
    "pd.DataFrame().to_dict('records')": [],
    "polars_frame['x'].sum()": 6,
    "polars_frame.to_dicts()[2]": {"x": 3, "y": "ж"},
    "polars_frame['y'].to_list()[1:]": [None, "ж"],
}
#: An expression that JSON has nothing for, and what the incident says of it.
REFUSED = {
    "frame": "total is DataFrame",
    "pd.DataFrame()": "use its .to_dict()",
    "frame['x']": "use its .to_dict()",
    "np.array([1, 2])": "use its .tolist()",
    "np.array([])": "use its .tolist()",
    "np.datetime64('2026-01-02')": "use its .tolist()",
    "pd.NaT": "total is NaTType NaT",
    "pd.NA": "total is NAType <NA>",
    "np.nan": "total is nan",
    "np.float64('inf')": "total is inf",
    "frame.to_dict('records')": "total[1].y is nan",
    "pd.Period('2026-01')": "total is Period",
    "polars_frame": "use its .to_dicts()",
    "polars_frame['x']": "use its .to_list()",
}
#: The same as the whole result.
WHOLE = {
    "frame": 'return its rows, such as {"rows": frame.to_dict(orient="records")}',
    "pd.DataFrame()": "return its rows",
    "frame['x']": 'return {"values": series.to_dict()}',
    "np.array([1, 2])": 'return {"values": array.tolist()}',
    "np.array([])": 'return {"values": array.tolist()}',
    "polars_frame": 'return {"rows": frame.to_dicts()}',
    "polars_frame['x']": 'return {"values": series.to_list()}',
    "np.int64(6)": "return a dict",
    "np.float64('nan')": "return a dict",
}


def test_results_of_numpy_and_pandas(scene: Scene, start: Start) -> None:
    results = [*(f"{{'total': {one}}}" for one in (*TAKEN, *REFUSED)), *WHOLE]
    source = f"""
import numpy as np, pandas as pd, polars
frame = pd.DataFrame({{"x": [1, 2, 3], "y": ["a", None, "ж"]}})
polars_frame = polars.DataFrame({{"x": [1, 2, 3], "y": ["a", None, "ж"]}})
@camunda_worker(os.environ["JOB_TYPE"])
def handler(job):
    job.retries = 1
    return eval({results!r}[job.variables["number"]])
"""
    instances = scene.start(len(results))
    with start(source):
        completed = {job["processInstanceKey"]: job["variables"] for job in scene.jobs("COMPLETED", len(TAKEN))}
        jobs = scene.jobs("FAILED", len(REFUSED) + len(WHOLE))
        failed = {job["processInstanceKey"]: job["errorMessage"] for job in jobs}

    got = {one: completed[key]["total"] for one, key in zip(TAKEN, instances, strict=False)}
    said = [failed[key] for key in instances[len(TAKEN) :]]
    assert got == TAKEN
    assert [
        says for says in zip((*REFUSED.values(), *WHOLE.values()), said, strict=True) if says[0] not in says[1]
    ] == []
