"""A report on campaigns: the metrics of their assets in a period, as CSV.

    python examples/campaigns.py 2026-07-01 2026-09-30 < guids.txt > report.csv

There is a row for each asset of a campaign, and a column for each metric. Needs pandas. The access
token is taken from HUBSPOT_ACCESS_TOKEN.
"""

from __future__ import annotations

import argparse
import datetime
import sys
from collections.abc import Iterator

import pandas as pd  # type: ignore[import-untyped]  # pandas has no types of its own

from hubspot_batch_read import Campaign, HubSpot


def main() -> int:
    """Run the command line, and return the exit code."""
    parser = argparse.ArgumentParser(description="Report the metrics of campaigns as CSV.")
    parser.add_argument("start", type=datetime.date.fromisoformat, help="YYYY-MM-DD")
    parser.add_argument("end", type=datetime.date.fromisoformat, help="YYYY-MM-DD")
    parser.add_argument("--base-url", default="https://api.hubapi.com", help="or a sandbox")
    arguments = parser.parse_args()

    with HubSpot(base_url=arguments.base_url) as hubspot:
        campaigns = hubspot.read_campaigns(
            (line.strip() for line in sys.stdin if line.strip()),
            properties=["hs_name"],
            start_date=arguments.start,
            end_date=arguments.end,
        )
        metrics = [row for campaign in campaigns for row in metrics_of(campaign)]
    columns = ["campaign", "name", "type", "asset", "metric", "value"]
    report = pd.DataFrame(metrics, columns=columns).pivot(
        index=columns[:4], columns="metric", values="value"
    )
    report.to_csv(sys.stdout)
    for missing in campaigns.missing:
        print(f"{missing.id}: {missing.message or missing.reason}", file=sys.stderr)
    for cut in campaigns.truncated:
        print(f"{cut.id}: incomplete {', '.join(cut.fields)}", file=sys.stderr)
    return int(len(campaigns.missing) > 0)


def metrics_of(campaign: Campaign) -> Iterator[tuple[str, str, str, str, str, float]]:
    """Yield a row for each metric of each asset."""
    name = (campaign.properties or {}).get("hs_name") or ""
    for kind, page in (campaign.assets or {}).items():
        for asset in page.results or ():
            for metric, value in (asset.metrics or {}).items():
                yield campaign.id, name, kind, asset.id, metric, value


if __name__ == "__main__":
    sys.exit(main())
