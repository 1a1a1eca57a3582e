"""Which user agents are robots: a list kept by others, with what it does not know."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.metadata import version

from crawlerdetect import CrawlerDetect

# Kakao's link previews, programs' own libraries, and what says openly what it is.
OURS = re.compile(r"kakaotalk-scrap|kakaostory-og|naver-?bot|cowbot|bot/|crawler|spider|werkzeug|axios|undici", re.I)
# To be raised with every change above: each event says by which rules it was judged.
OUR_VERSION = 1
RULES = f"crawlerdetect-{version('crawlerdetect')}+{OUR_VERSION}"
SHORTEST_AGENT = 12

_known = CrawlerDetect()


@lru_cache(maxsize=4096)
def is_crawler(agent: str) -> bool:
    """Whether a user agent declares itself a robot; one that says next to nothing does so by that."""
    if len(agent) < SHORTEST_AGENT or OURS.search(agent):
        return True
    return bool(_known.isCrawler(agent))
