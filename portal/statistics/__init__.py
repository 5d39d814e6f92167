"""Statistics: intervals, dispersion, shrinkage and comparison, with no word of the trade in them.

Every function is pure, takes keyword arguments made of plain numbers and lists, and returns a dict of plain numbers and
lists, so that an outside program can call it by name with values read from JSON. The four modules below this one own the
formulas; this one is the door through which the rest of the house reaches them.
"""

from __future__ import annotations

from portal.statistics.comparison import (
    benjamini_hochberg,
    goldstein_healy_halfwidth,
    kaplan_meier,
    msprt,
    prob_better,
    rank_groups,
    rank_intervals,
    sandwich_se_log,
    sandwich_se_log_clustered,
)
from portal.statistics.dispersion import (
    additive_tau2,
    funnel_flags,
    funnel_limits_log_additive,
    funnel_limits_log_multiplicative,
    funnel_limits_log_plain,
    funnel_tau2,
    poisson_limit_interpolated,
    winsor_consistency_constant,
    winsorise_phi,
)
from portal.statistics.intervals import (
    clopper_pearson,
    fay_feuer_gamma,
    jeffreys,
    poisson_garwood,
    pooled_dispersion,
    scaled_poisson,
    wilson,
)
from portal.statistics.shrinkage import (
    bayes_grid_half_normal,
    beta_binomial_mom,
    beta_binomial_posterior,
    eb_gamma_poisson_mom,
    eb_normal_normal_paule_mandel,
    gamma_poisson_posterior,
    tau2_dersimonian_laird,
)

__all__ = [
    "additive_tau2",
    "bayes_grid_half_normal",
    "benjamini_hochberg",
    "beta_binomial_mom",
    "beta_binomial_posterior",
    "clopper_pearson",
    "eb_gamma_poisson_mom",
    "eb_normal_normal_paule_mandel",
    "fay_feuer_gamma",
    "funnel_flags",
    "funnel_limits_log_additive",
    "funnel_limits_log_multiplicative",
    "funnel_limits_log_plain",
    "funnel_tau2",
    "gamma_poisson_posterior",
    "goldstein_healy_halfwidth",
    "jeffreys",
    "kaplan_meier",
    "msprt",
    "poisson_garwood",
    "poisson_limit_interpolated",
    "pooled_dispersion",
    "prob_better",
    "rank_groups",
    "rank_intervals",
    "sandwich_se_log",
    "sandwich_se_log_clustered",
    "scaled_poisson",
    "tau2_dersimonian_laird",
    "wilson",
    "winsor_consistency_constant",
    "winsorise_phi",
]
