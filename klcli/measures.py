"""Every discrete measure, one function each, from arrays of weights to a value and the columns it came from.

The arrays hold weights over the same outcomes, as given; each measure means the normalised distributions.
`base` is the base of the logarithms and every keyword-only parameter is an option of the measure's command.
Values are exact to about 1e-15 of themselves (see numerics); the columns are the textbook's.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

from klcli import numerics
from klcli.errors import OptionError
from klcli.lazy import np
from klcli.measure import Measure, Terms
from klcli.measure import measure as _measure
from klcli.numerics import Contrast, shares, sum_of

if TYPE_CHECKING:
    from klcli.numerics import Array

MEASURES: dict[str, Measure] = {}  # by the name of the command, in the order of this page

measure = functools.partial(_measure, MEASURES)

_ENTROPIES = {"entropy": "H(P)", "cross_entropy": "H(P,Q)", "difference": "difference"}  # which is D(P‖Q)


@measure(
    title="Entropy",
    formula="H(P) = −Σ p·log p",
    headings={
        "log": "log p",
        "contribution": "−p·log p",
        "perplexity": "perplexity",
        "normalized": "H/log n",
    },
    step="{p}·log {p}",
    whole="−({})",
    meaning="A draw from {P} tells {value} on average; no code can spend less on it. It is as uncertain as "
    "{perplexity} equally likely outcomes.",
    largest="The largest term is {outcome}: with p = {p} it brings {contribution} {unit} of that.",
)
def entropy(p: Array, *, base: float = math.e) -> Terms:
    """Entropy H(P): the mean information of a draw.

    0·log 0 is 0. `details` has the perplexity base^H and, for more than one outcome, H/log n as `normalized`.
    Source: Shannon (1948), "A mathematical theory of communication", section 6.

    >>> entropy([4096, 2048, 1024, 1024], base=2).value
    1.75
    """
    value = numerics.entropy(p, base)
    details = {"perplexity": 2.0**value if base == 2 else math.exp(value * math.log(base))}
    if p.size > 1:
        details["normalized"] = min(1.0, value / numerics.log_of(p.size, base))
    surprisal = numerics.surprisal(p, base)
    columns = {"p": shares(p), "log": 0.0 - surprisal}
    columns["contribution"] = _times(columns["p"], surprisal)
    return Terms(value, columns, details)


@measure(
    title="Cross-entropy",
    formula="H(P,Q) = −Σ p·log q",
    headings={"log": "log q", "contribution": "−p·log q", **_ENTROPIES},
    step="{p}·log {q}",
    whole="−({})",
    meaning="Draws from {P}, coded with the code that is ideal for {Q}, take {value} each; the code that is "
    "ideal for {P} takes H(P) = {entropy}. What lies between is D(P‖Q).",
    largest="The largest term is {outcome}: p = {p} times −log q, where q = {q}, is {contribution}.",
)
def cross_entropy(p: Array, q: Array, *, base: float = math.e) -> Terms:
    """Cross-entropy H(P,Q) = H(P) + D(P‖Q): the mean length of P under the ideal code of Q.

    p = 0 makes a term 0; q = 0 < p makes it infinite, so disjoint supports do.
    Source: Cover and Thomas (2006), "Elements of information theory", theorem 5.4.3.

    >>> cross_entropy([1/2, 1/4, 1/8, 1/8], [1/8, 1/8, 1/2, 1/4], base=2).value
    2.625
    """
    surprisal = numerics.surprisal(q, base)
    columns = {"p": shares(p), "q": shares(q), "log": 0.0 - surprisal}
    columns["contribution"] = _times(columns["p"], surprisal)
    return Terms(numerics.cross_entropy(p, q, base), columns)


@measure(
    title="Kullback-Leibler divergence",
    formula="D(P‖Q) = Σ p·log(p/q)",
    headings={"ratio": "p/q", "log": "log(p/q)", "contribution": "p·log(p/q)", **_ENTROPIES},
    step="{p}·log({p}/{q})",
    meaning="Coding draws from {P} with the code that is ideal for {Q} costs {value} a draw more than need be: "
    "H(P,Q) = {cross_entropy} instead of H(P) = {entropy}. The other direction, D(Q‖P), is as a rule another number.",
    largest="The largest term is {outcome}: Q gives it {q} where P has {p}, so each draw of it costs {log} {unit} "
    "more than need be, {contribution} on average.",
)
def kl(p: Array, q: Array, *, base: float = math.e) -> Terms:
    """Kullback-Leibler divergence D(P‖Q): what it costs to take Q for P. P comes first.

    p = 0 makes a term 0; q = 0 < p makes it infinite, so disjoint supports do. 0 only for equal distributions.
    Source: Kullback and Leibler (1951), "On information and sufficiency", equation 2.4.

    >>> kl([4096, 2048, 1024, 1024], [1024, 1024, 4096, 2048], base=2).value
    0.875
    """
    x = Contrast(p, q)
    columns = {**x.shares, "ratio": x.ratio, "log": x.log_ratio(base)}
    columns["contribution"] = x.log_terms(base)
    value = x.mean_log_ratio(base)
    return Terms(value, _zero_where_equal(columns, "log", "contribution"), {"difference": value})


_JS = {
    "m": "m",
    "p_log": "p·log(p/m)",
    "q_log": "q·log(q/m)",
    "contribution": "mean of both",
}


@measure(
    title="Jensen-Shannon divergence",
    formula="JS(P,Q) = ½D(P‖M) + ½D(Q‖M), M = ½(P+Q)",
    headings=_JS,
    step="½({p}·log({p}/{m}) + {q}·log({q}/{m}))",
    meaning="One draw from {P} or {Q}, a coin deciding which, tells {value} about which of the two it came from. "
    "It is the same in both directions, never infinite and at most log 2.",
)
def js(p: Array, q: Array, *, base: float = math.e) -> Terms:
    """Jensen-Shannon divergence: the mean of D(P‖M) and D(Q‖M), M halfway between.

    Symmetric, and finite whatever is 0; log 2 on disjoint supports, 0 only for equal distributions.
    Source: Lin (1991), "Divergence measures based on the Shannon entropy", equation 4.1.

    >>> js([1, 0], [0, 1], base=2).value
    1.0
    """
    x = Contrast(p, q)
    most = numerics.log_of(2, base)
    m = 0.5 * (x.p + x.q)
    columns = {**x.shares, "m": m / x.whole}
    columns |= {
        f"{side}_log": _times(own, numerics.log(own / m, base)) / x.whole for side, own in (("p", x.p), ("q", x.q))
    }
    columns["contribution"] = x.jensen_shannon_terms(base)
    value = most if x.disjoint else min(most, sum_of(columns["contribution"]))
    return Terms(value, _zero_where_equal(columns, "p_log", "q_log", "contribution"))


@measure(
    title="Jensen-Shannon distance",
    formula="d(P,Q) = √JS(P,Q)",
    headings=_JS,
    step="½({p}·log({p}/{m}) + {q}·log({q}/{m}))",
    whole="√({})",
    unit="√{}",
    meaning="The root of the Jensen-Shannon divergence of {P} and {Q}, {sum}. Unlike the divergence it is a "
    "distance: symmetric, 0 only for equal distributions, and no detour is shorter.",
)
def js_distance(p: Array, q: Array, *, base: float = math.e) -> Terms:
    """Jensen-Shannon distance: the square root of the Jensen-Shannon divergence, a metric.

    Symmetric, and finite whatever is 0; √log 2 on disjoint supports, 0 only for equal distributions.
    Source: Endres and Schindelin (2003), "A new metric for probability distributions".

    >>> js_distance([1, 0], [0, 1], base=2).value
    1.0
    """
    terms = js.function(p, q, base=base)
    return terms._replace(value=math.sqrt(terms.value), total=terms.value)


_DELTA = {"delta": "p − q", "log": "log(p/q)", "contribution": "(p − q)·log(p/q)"}


@measure(
    title="Jeffreys divergence",
    formula="J(P,Q) = Σ (p − q)·log(p/q)",
    headings=_DELTA,
    step="({p} − {q})·log({p}/{q})",
    meaning="Both directions together: D(P‖Q) + D(Q‖P) = {value} for P = {P} and Q = {Q}.",
)
def jeffreys(p: Array, q: Array, *, base: float = math.e) -> Terms:
    """Jeffreys divergence J(P,Q) = D(P‖Q) + D(Q‖P), the symmetric sum.

    Infinite where one side is 0 and the other is not, so on disjoint supports; 0 only for equal distributions.
    Source: Jeffreys (1946), "An invariant form for the prior probability in estimation problems".

    >>> round(jeffreys([1/4, 3/4], [3/4, 1/4], base=3).value, 12)
    1.0
    """
    x = Contrast(p, q)
    columns = {**x.shares, "delta": x.difference / x.whole, "log": x.log_ratio(base)}
    columns["contribution"] = np.where(x.lost | x.gained, math.inf, _times(columns["delta"], columns["log"]))
    value = sum_of(columns["contribution"])
    return Terms(value, _zero_where_equal(columns, "delta", "log", "contribution"))


@measure(
    title="Population stability index",
    formula="PSI(P,Q) = Σ (p − q)·ln(p/q)",
    headings={**_DELTA, "log": "ln(p/q)", "contribution": "(p − q)·ln(p/q)"},
    step="({p} − {q})·ln({p}/{q})",
    meaning="The shift from {P} to {Q} has a PSI of {value}. By custom, and by nothing firmer, less than 0.1 is "
    "called stable and more than 0.25 a shift; what chance alone gives depends on the sample sizes.",
)
def psi(p: Array, q: Array) -> Terms:
    """Population stability index: the Jeffreys divergence in nats, as credit scoring calls it.

    Always with the natural logarithm, so that its customary thresholds hold. Infinite where one side is 0 and
    the other is not, so on disjoint supports; 0 only for equal distributions.
    Source: Siddiqi (2006), "Credit risk scorecards", chapter 8.

    >>> psi([0.5, 0.5], [0.4, 0.6]).value == jeffreys([0.5, 0.5], [0.4, 0.6]).value
    True
    """
    return jeffreys.function(p, q)


@measure(
    title="Rényi divergence",
    formula="D_α(P‖Q) = log(Σ p^α·q^(1−α)) / (α − 1)",
    headings={"ratio": "p/q", "contribution": "p^α·q^(1−α)"},
    step="{p}^α·{q}^(1−α)",
    whole="log({}) / (α − 1)",
    meaning="A family of divergences from {P} to {Q} that leans on rare mistakes the more, the larger α is: α = 1 "
    "is D(P‖Q), and α = ∞ looks at the worst ratio alone. At α = {alpha} it is {value}.",
)
def renyi(p: Array, q: Array, *, alpha: float, base: float = math.e) -> Terms:
    """Rényi divergence of order α >= 0 (inf too): α = 1 is D(P‖Q), the limits are taken by name.

    α = 0 is −log Q(p > 0) and α = inf is log max p/q. Infinite on disjoint supports, and for α >= 1 wherever
    q = 0 < p. Source: van Erven and Harremoës (2014), "Rényi divergence and Kullback-Leibler divergence", I and II.

    >>> renyi([1/2, 1/2], [1/4, 3/4], alpha=math.inf, base=2).value
    1.0
    """
    if not alpha >= 0:
        raise OptionError(f"alpha is {alpha:g}: the Rényi divergence has an order of at least 0")
    if alpha == 1:
        return _as_kl(kl.function(p, q, base=base), alpha, f"D_1(P‖Q) = {kl.formula}")
    order = {"alpha": alpha}
    x = Contrast(p, q)
    columns = {**x.shares, "ratio": x.ratio}
    if math.isinf(alpha):
        logs = np.where(x.lost, math.inf, np.where(p > 0, x.log_ratio(base), -math.inf))
        value = max(0.0, float(logs.max()))
        columns["contribution"] = np.where(x.lost | (np.arange(p.size) == logs.argmax()), value, 0.0)
        headings = {"contribution": "log p/q, the largest"}
        return Terms(value, columns, order, formula="D_∞(P‖Q) = log max p/q", headings=headings, step="")
    columns["contribution"] = x.power_terms(alpha)
    value = max(0.0, x.renyi(alpha) / math.log(base))
    total = sum_of(columns["contribution"])
    if alpha == 0:
        headings = {"contribution": "q where p > 0"}
        return Terms(value, columns, order, total, "D_0(P‖Q) = −log Σ q where p > 0", headings, step="")
    return Terms(value, columns, order, total, f"{renyi.formula}, α = {alpha:.15g}")


@measure(
    title="Tsallis relative entropy",
    formula="T_α(P‖Q) = (Σ p^α·q^(1−α) − 1) / (α − 1)",
    headings={"ratio": "p/q", "contribution": "p·((p/q)^(α−1) − 1)/(α − 1)"},
    step="{p}·(({p}/{q})^(α−1) − 1)/(α − 1)",
    meaning="The Kullback-Leibler divergence from {P} to {Q} with the logarithm replaced by a power, which bends "
    "towards it as α nears 1. At α = {alpha} it is {value}.",
)
def tsallis(p: Array, q: Array, *, alpha: float) -> Terms:
    """Tsallis relative entropy of order α >= 0; α = 1 is D(P‖Q) in nats, taken by name.

    1/(1−α) on disjoint supports for α < 1, and infinite for α >= 1 wherever q = 0 < p.
    Source: Tsallis (1998), "Generalized entropy-based criterion for consistent testing", equation 6.

    >>> tsallis([1/2, 1/2], [1/4, 3/4], alpha=2).value == chi2([1/2, 1/2], [1/4, 3/4]).value
    True
    """
    if not 0 <= alpha < math.inf:
        raise OptionError(f"alpha is {alpha:g}: the Tsallis relative entropy has a finite order of at least 0")
    order = {"alpha": alpha}
    if alpha == 1:
        return _as_kl(kl.function(p, q), alpha, "T_1(P‖Q) = Σ p·ln(p/q)")
    x = Contrast(p, q)
    columns = {**x.shares, "ratio": x.ratio}
    terms = x.power_gap_terms(alpha, alpha - 1)
    columns["contribution"] = terms + x.difference / x.whole
    value = math.inf if alpha > 1 and x.lost.any() else sum_of(terms)
    columns = _zero_where_equal(columns, "contribution")
    return Terms(value, columns, order, formula=f"{tsallis.formula}, α = {alpha:.15g}")


@measure(
    title="Hellinger distance",
    formula="Hel(P,Q) = √(½ Σ (√p − √q)²)",
    headings={"sqrt_p": "√p", "sqrt_q": "√q", "contribution": "½(√p − √q)²"},
    step="½(√{p} − √{q})²",
    whole="√({})",
    meaning="On a scale from 0 for equal to 1 for nothing in common, {P} and {Q} are {value} apart. It is a "
    "distance: the same in both directions, and no detour is shorter.",
)
def hellinger(p: Array, q: Array) -> Terms:
    """Hellinger distance, a metric from 0 for equal distributions to 1 on disjoint supports.

    Source: Le Cam and Yang (2000), "Asymptotics in statistics", chapter 3.

    >>> hellinger([1, 0], [0, 1]).value
    1.0
    """
    x = Contrast(p, q)
    columns = dict(x.shares)
    columns |= {"sqrt_p": np.sqrt(columns["p"]), "sqrt_q": np.sqrt(columns["q"])}
    columns["contribution"] = 0.5 * _times(x.difference, x.difference / (np.sqrt(x.p) + np.sqrt(x.q)) ** 2) / x.whole
    squared = 1.0 if x.disjoint else min(1.0, sum_of(columns["contribution"]))
    return Terms(math.sqrt(squared), _zero_where_equal(columns, "contribution"), total=squared)


@measure(
    title="Bhattacharyya distance",
    formula="D_B(P,Q) = −log Σ √(p·q)",
    headings={"contribution": "√(p·q)"},
    step="√({p}·{q})",
    whole="−log({})",
    meaning="{P} and {Q} overlap by Σ √(p·q) = {sum}, 1 for equal and 0 for nothing in common; the distance, "
    "{value}, is minus its logarithm.",
)
def bhattacharyya(p: Array, q: Array, *, base: float = math.e) -> Terms:
    """Bhattacharyya distance: −log of the overlap Σ √(p·q), which is half the Rényi divergence of order 1/2.

    Symmetric; 0 only for equal distributions, infinite on disjoint supports.
    Source: Bhattacharyya (1943), "On a measure of divergence between two statistical populations".

    >>> bhattacharyya([1/2, 1/2, 0], [0, 1/2, 1/2], base=2).value
    1.0
    """
    x = Contrast(p, q)
    overlap = np.sqrt(x.p) * np.sqrt(x.q) / x.whole
    value = max(0.0, 0.5 * x.renyi(0.5) / math.log(base))
    return Terms(value, {**x.shares, "contribution": overlap}, total=sum_of(overlap))


@measure(
    title="Total variation distance",
    formula="TV(P,Q) = ½ Σ |p − q|",
    headings={"delta": "p − q", "contribution": "½|p − q|"},
    step="½|{p} − {q}|",
    meaning="No event has probabilities under {P} and {Q} that differ by more than {value}; that share of the "
    "mass must move to turn one into the other.",
)
def tv(p: Array, q: Array) -> Terms:
    """Total variation distance: the largest difference that any event's probability can show.

    A metric, from 0 for equal distributions to 1 on disjoint supports.
    Source: Levin, Peres and Wilmer (2009), "Markov chains and mixing times", proposition 4.2.

    >>> tv([0.5, 0.5], [0.25, 0.75]).value
    0.25
    """
    x = Contrast(p, q)
    columns = {**x.shares, "delta": x.difference / x.whole}
    columns["contribution"] = 0.5 * np.abs(columns["delta"])
    value = 1.0 if x.disjoint else min(1.0, sum_of(columns["contribution"]))
    return Terms(value, _zero_where_equal(columns, "delta", "contribution"))


@measure(
    title="Chi-square divergence",
    formula="χ²(P‖Q) = Σ (p − q)²/q",
    headings={"delta": "p − q", "contribution": "(p − q)²/q"},
    step="({p} − {q})²/{q}",
    meaning="The squared differences of {P} from {Q}, each measured by what {Q} expects, sum to {value}; times the "
    "sample size it is Pearson's statistic.",
)
def chi2(p: Array, q: Array) -> Terms:
    """Chi-square divergence χ²(P‖Q), Pearson's: the squared differences relative to Q.

    Infinite where q = 0 < p, so on disjoint supports; 0 only for equal distributions.
    Source: Pearson (1900), in the form of Csiszár and Shields (2004), "Information theory and statistics", section 4.

    >>> chi2([1/2, 1/2], [1/4, 3/4]).value
    0.3333333333333333
    """
    x = Contrast(p, q)
    columns = {**x.shares, "delta": x.difference / x.whole}
    terms = np.where(x.difference == 0, 0.0, x.difference * (x.difference / x.q) / x.whole)
    far = (x.p > 2.0**60 * x.q) & (q > 0)  # where p − q is p to the last digit
    terms[far] = x.squares(far)
    columns["contribution"] = np.where(x.lost, math.inf, terms)
    return Terms(sum_of(columns["contribution"]), _zero_where_equal(columns, "delta", "contribution"))


def _as_kl(terms: Terms, alpha: float, formula: str) -> Terms:
    """The terms of the Kullback-Leibler divergence as those of a family at its order 1."""
    return terms._replace(
        details={"alpha": alpha}, formula=formula, headings=kl.headings, step=kl.step, whole=kl.whole
    )


def _zero_where_equal(columns: dict[str, Array], *names: str) -> dict[str, Array]:
    """The columns with 0 where p and q read the same: sums of 1 that differ in the last bit are not shown there."""
    same = (columns["p"] == columns["q"]) & (columns["p"] > 0)
    for name in names:
        if (columns[name][same] != 0).any():  # else a copy of very many numbers would be for nothing
            columns = columns | {name: np.where(same, 0.0, columns[name])}
    return columns


def _times(weights: Array, x: Array) -> Array:
    """weights·x, with 0 times anything 0."""
    return np.where(weights != 0, weights * x, 0.0)
