"""Temporary."""
from pathlib import Path
from forum.importers.stackexchange.load import load
def test_pg(postgres_community, tmp_path):
    postgres_community.empty(tmp_path)
    with postgres_community.app.app_context():
        d = load(Path("/work/shared/data/stackexchange/bicycles-meta")).as_json()
        print({k: v.get("added") for k, v in d.items() if isinstance(v, dict)}, d["seconds"], d["fidelity"])
        d = load(Path("/work/shared/data/stackexchange/bicycles-meta")).as_json()
        print({k: v.get("added") for k, v in d.items() if isinstance(v, dict)}, d["seconds"])
