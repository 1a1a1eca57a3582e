"""Which formula and which way of counting stand behind each definition of the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forum.metrics.calendar import Window
from forum.metrics.engine import Engine
from forum.metrics.figures import activity, feeling, growth, moderation, people, rows, shape, threads, visits
from forum.metrics.figures.rows import Counting, Row, Tally
from forum.metrics.figures.threads import Formula

Obstacle = Callable[[Engine, Window], str]


@dataclass(frozen=True, slots=True)
class Spec:
    """A formula and its counting.

    `by_entry`: each row belongs to the window its own moment lies in, so that rows of all time can be cut into
    windows. `obstacle` says why a window cannot have the figure at all; `cohorts` names the columns of a table.
    `grains` are the windows that roll-ups keep: what is asked of the last day of a window is the same in both.
    `moves`: the figure changes by time alone.
    """

    formula: Formula
    counting: Counting
    by_entry: bool = True
    obstacle: Obstacle | None = None
    cohorts: Callable[[Mapping[str, Any]], Mapping[str, Formula]] | None = None
    grains: tuple[str, ...] = ("day", "28d")
    moves: bool = False


def _sticky(found: Sequence[Row]) -> Tally:
    return Tally(sum(row.num for row in found), sum(row.den for row in found), len(found))


def _too_short(engine: Engine, window: Window) -> str:
    return "" if people.is_long_enough(engine, window) else "window_too_short"


def _days(options: Mapping[str, Any]) -> Mapping[str, Formula]:
    days = activity.numbers(options, "nday", "ndays", "days", "retention_days", default=[1, 7, 30])
    return {str(day): activity.stayed(int(day), int(day)) for day in days}


def _brackets(options: Mapping[str, Any]) -> Mapping[str, Formula]:
    given = activity.numbers(options, "bracket", "brackets", default=["7-13"])
    if len(given) == 2 and all(isinstance(one, int) for one in given):  # noqa: PLR2004 - one bracket as [a, b]
        given = [given]
    pairs = [one.split("-") if isinstance(one, str) else one for one in given]
    return {f"{first}-{last}": activity.stayed(int(first), int(last)) for first, last in pairs}


def _unbounded(options: Mapping[str, Any]) -> Mapping[str, Formula]:
    days = activity.numbers(options, "unbounded", "unbounded_days", default=[7, 8, 30])
    return {str(day): activity.stayed(int(day), None) for day in days}


def _window(formula: Formula, counting: Counting) -> Spec:
    return Spec(formula, counting, by_entry=False)


def _at_end(formula: Formula, counting: Counting) -> Spec:
    return Spec(formula, counting, by_entry=False, grains=("day",))


def _long(formula: Formula, counting: Counting, obstacle: Obstacle | None = None) -> Spec:
    return Spec(formula, counting, by_entry=False, obstacle=obstacle, grains=("28d",))


_THREADS: Mapping[str, Spec] = {
    "threads": Spec(threads.threads, rows.count),
    "time_to_first_response": Spec(threads.waiting_for(by_members=False), rows.survival),
    "time_to_first_peer_response": Spec(threads.waiting_for(by_members=True), rows.survival),
    "reply_latency_all": Spec(threads.latencies, rows.survival),
    "first_response_rate_24h": Spec(threads.answered_within_a_day, rows.ratio),
    "first_response_peer_share": Spec(threads.first_by_peers, rows.ratio),
    "bot_first_touch": Spec(threads.bot_first_touch, rows.ratio),
    "unanswered_backlog": Spec(threads.backlog, rows.ages, by_entry=False, grains=("day",), moves=True),
    "backlog_age_p50": _at_end(threads.backlog, rows.age_quantile("age_p50_us")),
    "backlog_age_p95": _at_end(threads.backlog, rows.age_quantile("age_p95_us")),
    "answered_rate": Spec(threads.answered, rows.ratio),
    "solved_rate": Spec(threads.solved, rows.ratio),
    "self_solved_share": Spec(threads.self_solved, rows.ratio),
    "peer_answer_share": Spec(threads.solved_by_peers, rows.ratio),
    "time_to_solution": Spec(threads.solving, rows.survival),
    "reopened_rate": Spec(threads.reopened, rows.ratio),
    "solo_thread_rate": Spec(threads.solo, rows.ratio),
    "replies_per_thread": Spec(threads.replies_per_thread, rows.mean),
    "participants_per_thread": Spec(threads.participants, rows.mean),
    "votes_per_post": Spec(feeling.votes_per_post, rows.ratio, by_entry=False),
    "upvote_ratio": Spec(feeling.upvotes, rows.ratio),
}
_PEOPLE: Mapping[str, Spec] = {
    "replies": Spec(people.posts(openings=False, replies=True), rows.count),
    "posts": Spec(people.posts(openings=True, replies=True), rows.count),
    "staff_posts": Spec(people.posts(openings=True, replies=True, cls="staff"), rows.count),
    "signups": Spec(people.signups, rows.count),
    "contributors": _window(people.distinct_contributors, rows.count),
    "new_contributors": _window(people.contributors_who_are("new"), rows.count),
    "reactivated_contributors": _window(people.contributors_who_are("reactivated"), rows.count),
    "continuing_contributors": _window(people.contributors_who_are("continuing"), rows.count),
    "lost_regulars": _long(people.regulars, rows.count, _too_short),
    "net_contributor_flow": _long(people.flow, rows.count, _too_short),
    "returning_contributor_rate": _long(people.returning, rows.ratio),
    "activation_rate_7d": Spec(people.activation, rows.ratio),
    "time_to_first_contribution": Spec(people.first_contribution, rows.survival),
    "newcomer_first_reply_24h": Spec(people.newcomers_answered, rows.ratio),
    "newcomer_second_post_30d": Spec(people.second_post, rows.ratio),
    "newcomer_rebuff_rate": Spec(people.rebuffed, rows.ratio),
    "lurker_conversion_28d": _long(people.lurkers, rows.ratio),
}
_ACTIVITY: Mapping[str, Spec] = {
    "dau": _at_end(activity.active(1), rows.count),
    "wau": _at_end(activity.active(7), rows.count),
    "mau": _at_end(activity.active(28), rows.count),
    "stickiness": _at_end(activity.active_days, _sticky),
    "stickiness_day": _at_end(activity.on_the_last_day, rows.ratio),
    "l28_histogram": _at_end(activity.active_days, activity.histogram),
    "mean_active_days": _at_end(activity.active_days, rows.mean),
    "power_user_share": _at_end(activity.power_users, rows.ratio),
    "member_churn_28d": _long(activity.churned, rows.ratio),
    "participation_split": _at_end(activity.posts_of_active, activity.split),
    "participation_gini_members": _at_end(activity.posts_of_active, rows.gini),
    "retention_nday": Spec(activity.stayed(1, 1), rows.ratio, cohorts=_days),
    "retention_bracket": Spec(activity.stayed(7, 13), rows.ratio, cohorts=_brackets),
    "retention_unbounded": Spec(activity.stayed(7, None), rows.ratio, cohorts=_unbounded),
}
_MODERATION: Mapping[str, Spec] = {
    "user_flags": Spec(moderation.user_flags, rows.count),
    "flagged_post_rate": _window(moderation.flagged_posts, rows.ratio),
    "flag_agreement_rate": _window(moderation.agreement, rows.ratio),
    "time_to_action": Spec(moderation.time_to_action, rows.survival),
    "moderation_backlog": Spec(moderation.undecided, rows.ages, by_entry=False, grains=("day",), moves=True),
    "held_wait": Spec(moderation.held, rows.survival),
    "removal_rate": _window(moderation.removals, rows.ratio),
    "toxic_post_rate": Spec(moderation.toxic, rows.ratio),
    "appeal_rate": _window(moderation.appeals, rows.ratio),
    "appeal_overturn_rate": Spec(moderation.overturned, rows.ratio),
    "moderator_absence_factor": _window(moderation.decisions_by_moderator, rows.absence),
}
_VISITS: Mapping[str, Spec] = {
    "page_views": Spec(visits.views(visits.TRAFFIC), rows.count),
    "crawler_page_views": Spec(visits.views(frozenset({"bot"})), rows.count),
    "visits": Spec(visits.visits, rows.count),
    "visitors_daily": Spec(visits.visitors, rows.count),
    "bounce_rate": Spec(visits.bounces(), rows.ratio),
    "single_page_rate": Spec(visits.bounces(ignoring_actions=True), rows.ratio),
    "session_duration_mean": Spec(visits.durations, rows.mean),
    "session_duration_median": Spec(visits.longer_durations, rows.median),
    "pages_per_visit": Spec(visits.pages, rows.mean),
    "visit_frequency": _window(visits.visits_per_member, rows.mean),
    "action_rate": Spec(visits.acting, rows.ratio),
    "actions_taken": Spec(visits.actions, visits.by_kind),
    "impressions": Spec(visits.showings, rows.count),
    "ctr": Spec(visits.impressions, rows.ratio),
    "reach": _window(visits.reach, rows.count),
    "signup_conversion": _window(growth.conversion, rows.ratio),
    "audience_growth_rate": _window(growth.growth, rows.ratio),
    "search_ctr": Spec(visits.searches(), rows.ratio),
    "search_ctr_with_results": Spec(visits.searches(with_results_only=True), rows.ratio),
    "search_zero_result_rate": Spec(visits.searches(zero=True), rows.ratio),
    "email_open_rate": Spec(feeling.opened(), rows.ratio),
    "email_open_rate_raw": Spec(feeling.opened(machines=True), rows.ratio),
    "email_ctr": Spec(feeling.opened(clicks_only=True), rows.ratio),
    "email_ctor": Spec(feeling.opened(clicks_only=True, of_openers=True), rows.ratio),
}
_SHAPE: Mapping[str, Spec] = {
    "nps": _window(feeling.answers("nps", 0, 10, latest_only=True), feeling.nps),
    "ces": _window(feeling.answers("ces", 1, 7, latest_only=True), rows.mean),
    "csat": _window(feeling.answers("csat", 1, 5, latest_only=False), feeling.csat),
    "contributor_absence_factor": _long(people.contributors, rows.absence),
    "helper_absence_factor": _window(shape.helpers, rows.absence),
    "participation_gini": _long(people.contributors, rows.gini),
    "contribution_hhi": _long(people.contributors, rows.hhi),
    "top_contributor_share": _long(people.contributors, rows.top_share(10)),
    "reciprocity": _window(shape.edges, shape.reciprocity),
    "network_density": _window(shape.edges, shape.density),
    "degree_centralisation": _window(shape.edges, shape.centralisation),
    "burstiness": _window(shape.gaps, rows.bursts),
    "posts_per_board": _window(shape.boards, rows.ratio),
    "expert_coverage": _window(shape.experts, rows.ratio),
}
SPECS: Mapping[str, Spec] = {**_THREADS, **_PEOPLE, **_ACTIVITY, **_MODERATION, **_VISITS, **_SHAPE}
