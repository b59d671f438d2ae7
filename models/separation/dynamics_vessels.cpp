#include "models/separation/dynamics_vessels.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "models/core/error.hpp"

namespace gadolin::separation {

namespace {

/// Loop passage, if there is one.
const Passage* loop_of(const CircuitNetwork& net) {
  for (const Passage& p : net.organic_passages) {
    if (p.regenerated) return &p;
  }
  return nullptr;
}

}  // namespace

Vessels::Vessels(const DynamicsPlan& plan, const CircuitNetwork& net)
    : species_(net.species), stages_(net.stages) {
  mixer_a_.resize(stages_);
  mixer_o_.resize(stages_);
  of_aqueous_.assign(stages_, -1);
  of_organic_.assign(stages_, -1);
  size_ = mixers_ = stages_ * StagePlaces{species_}.amounts();
  const auto add = [&](Settler s) {
    s.at = size_;
    size_ += s.components * s.tanks * (s.plug ? 2 : 1);
    settlers_.push_back(std::move(s));
    return static_cast<int>(settlers_.size()) - 1;
  };
  for (std::size_t b = 0; b < plan.banks.size(); ++b) {
    const HoldUp& hold = plan.banks[b];
    const auto bad = [&](const std::string& what) {
      return Error("E-SEP-071", "bank " + plan.circuit.banks[b].name + ": " + what,
                   plan.circuit.source_file, "give a volume or a residence time above 0",
                   ExitCode::usage);
    };
    for (std::size_t i = net.first_stage[b]; i < net.first_stage[b + 1]; ++i) {
      const double a = net.aqueous[i], o = net.organic[i];
      const double mixer =
          hold.mixer_volume_l ? *hold.mixer_volume_l : (a + o) * hold.mixer_residence_min / 60.0;
      const double share = hold.mixer_aqueous_fraction.value_or(a / (a + o));
      mixer_a_[i] = share * mixer;
      mixer_o_[i] = (1.0 - share) * mixer;
      if (!(mixer_a_[i] > 0.0) || !(mixer_o_[i] > 0.0))
        throw bad("a mixer holds nothing of a phase");
      if (hold.settler_tanks < 1) throw bad("a settler of no tank");
      Settler s;
      s.plug = hold.settler == SettlerFlow::plug;
      s.stage = i;
      s.tanks = s.plug ? 1 : static_cast<std::size_t>(hold.settler_tanks);
      s.components = StagePlaces{species_}.aqueous_amounts();
      s.volume = a * hold.settler_aqueous_residence_min / 60.0;
      if (s.volume > 0.0) of_aqueous_[i] = add(s);
      s.organic = true;
      s.components = species_ + 1;
      s.volume = o * hold.settler_organic_residence_min / 60.0;
      if (s.volume > 0.0) of_organic_[i] = add(s);
    }
  }
  if (const Passage* loop = loop_of(net); loop != nullptr && plan.solvent_tank_min > 0.0) {
    Settler s;
    s.organic = true;
    s.stage = loop->from;
    s.components = species_ + 1;
    s.volume = loop->flow_l_per_h * plan.solvent_tank_min / 60.0;
    tank_ = add(s);
  }
  produced_ = size_;
  entered_ = produced_ + net.products.size() * species_;
  size_ = entered_ + species_;
}

double Vessels::settler_volume(bool organic) const {
  double sum = 0.0;
  for (std::size_t s = 0; s < settlers_.size(); ++s) {
    if (static_cast<int>(s) != tank_ && settlers_[s].organic == organic) sum += settlers_[s].volume;
  }
  return sum;
}

double Vessels::flow(const CircuitNetwork& net, const Settler& s) const {
  if (tank_ >= 0 && &s == &settlers_[index(tank_)]) return loop_of(net)->flow_l_per_h;
  return s.organic ? net.organic[s.stage] : net.aqueous[s.stage];
}

void Vessels::inlet(const Settler& s, const std::vector<double>& u, std::vector<double>& c) const {
  const StagePlaces at{species_};
  c.resize(s.components);
  for (std::size_t k = 0; k < species_; ++k) {
    c[k] = u[s.organic ? at.y(s.stage, k) : at.x(s.stage, k)];
  }
  if (s.organic) c[species_] = u[at.extractant(s.stage)];
  for (std::size_t m = 0; !s.organic && m < StagePlaces::aqueous_tracers; ++m) {
    c[species_ + m] = u[at.tracer(s.stage, m)];
  }
}

void Vessels::begin_plug(Settler& s, const std::vector<double>& c) {
  s.inlet.clear();
  s.passed = 0.0;
  Node old;
  old.passed = -s.volume;
  old.before = old.after = c;
  for (double value : c) old.amount.push_back(-s.volume * value);
  Node now;
  now.before = now.after = c;
  now.amount.assign(c.size(), 0.0);
  s.inlet = {old, now};
}

std::vector<double> Vessels::filled(const CircuitNetwork& net, const std::vector<double>& aqueous,
                                    const std::vector<double>& organic,
                                    const std::vector<double>& tank) {
  (void)net;
  std::vector<double> z(size_, 0.0);
  const std::size_t c = species_;
  const StagePlaces at{c};
  for (std::size_t i = 0; i < stages_; ++i) {
    double* mixer = &z[i * at.amounts()];
    const double* a = &aqueous[i * at.aqueous_amounts()];
    const double* o = &organic[i * (c + 1)];
    for (std::size_t m = 0; m < at.aqueous_amounts(); ++m) mixer[m] = mixer_a_[i] * a[m];
    for (std::size_t k = 0; k < c; ++k) mixer[k] += mixer_o_[i] * o[k];
    mixer[at.extractant_amount()] = mixer_o_[i] * o[c];
  }
  for (std::size_t v = 0; v < settlers_.size(); ++v) {
    Settler& s = settlers_[v];
    const double* from = static_cast<int>(v) == tank_ ? tank.data()
                         : s.organic                  ? &organic[s.stage * (c + 1)]
                                                      : &aqueous[s.stage * at.aqueous_amounts()];
    const std::vector<double> content(from, from + s.components);
    for (std::size_t j = 0; j < s.tanks; ++j) {
      for (std::size_t m = 0; m < s.components; ++m) {
        z[s.at + j * s.components + m] = s.volume / static_cast<double>(s.tanks) * content[m];
      }
    }
    if (s.plug) begin_plug(s, content);
  }
  return z;
}

std::vector<double> Vessels::filled_steady(const CircuitEquations& equations,
                                           const std::vector<double>& u) {
  const std::size_t c = species_;
  const StagePlaces at{c};
  std::vector<double> z(size_, 0.0), content, ln_d;
  for (std::size_t i = 0; i < stages_; ++i) {
    double* mixer = &z[i * at.amounts()];
    equations.ln_distribution_at(i, u, ln_d);
    for (std::size_t k = 0; k < c; ++k) {
      mixer[k] = (mixer_a_[i] + mixer_o_[i] * std::exp(ln_d[k])) * u[at.x(i, k)];
    }
    for (std::size_t m = 0; m < StagePlaces::aqueous_tracers; ++m) {
      mixer[c + m] = mixer_a_[i] * u[at.tracer(i, m)];
    }
    mixer[at.extractant_amount()] = mixer_o_[i] * u[at.extractant(i)];
  }
  for (Settler& s : settlers_) {
    inlet(s, u, content);
    for (std::size_t j = 0; j < s.tanks; ++j) {
      for (std::size_t m = 0; m < s.components; ++m) {
        z[s.at + j * s.components + m] = s.volume / static_cast<double>(s.tanks) * content[m];
      }
    }
    if (s.plug) begin_plug(s, content);
  }
  return z;
}

void Vessels::terms(const CircuitNetwork& net, const std::vector<double>& base, double w,
                    double place, StepTerms& t) const {
  const std::size_t c = species_;
  const StagePlaces at{c};
  if (t.hold_aqueous.size() != stages_) t = steady_terms(net);
  t.weight = w;
  t.hold_aqueous = mixer_a_;
  t.hold_organic = mixer_o_;
  std::copy(base.begin(), base.begin() + static_cast<std::ptrdiff_t>(mixers_), t.content.begin());
  for (std::size_t v = 0; v < settlers_.size(); ++v) {
    const Settler& s = settlers_[v];
    double* rest = static_cast<int>(v) == tank_ ? t.rest_loop.data()
                   : s.organic                  ? &t.rest_organic[s.stage * (c + 1)]
                                                : &t.rest_aqueous[s.stage * at.aqueous_amounts()];
    double& pass = static_cast<int>(v) == tank_ ? t.pass_loop
                   : s.organic                  ? t.pass_organic[s.stage]
                                                : t.pass_aqueous[s.stage];
    if (s.plug) {
      pass = 0.0;
      const double bulge = 6.0 * place * (1.0 - place);
      for (std::size_t m = 0; m < s.components; ++m) {
        rest[m] = (1.0 - place) * s.first[m] + place * s.last[m] +
                  bulge * (s.mean[m] - 0.5 * (s.first[m] + s.last[m]));
      }
      continue;
    }
    const double q = flow(net, s), each = s.volume / static_cast<double>(s.tanks);
    const double inverse = 1.0 / (each + w * q);
    pass = 1.0;
    for (std::size_t m = 0; m < s.components; ++m) rest[m] = 0.0;
    for (std::size_t j = 0; j < s.tanks; ++j) {
      pass *= w * q * inverse;
      for (std::size_t m = 0; m < s.components; ++m) {
        rest[m] = (base[s.at + j * s.components + m] + w * q * rest[m]) * inverse;
      }
    }
  }
}

void Vessels::rates(const CircuitEquations& equations, const StepTerms& t,
                    const std::vector<double>& base, const std::vector<double>& u,
                    std::vector<double>& r) const {
  const CircuitNetwork& net = equations.network();
  const std::size_t c = species_;
  const StagePlaces at{c};
  const std::size_t wide = at.amounts();
  std::vector<double> in, content;
  equations.inflow(t, u, in);
  r.assign(size_, 0.0);
  for (std::size_t i = 0; i < stages_; ++i) {
    for (std::size_t k = 0; k < c; ++k) {
      r[i * wide + k] =
          in[i * wide + k] - net.aqueous[i] * u[at.x(i, k)] - net.organic[i] * u[at.y(i, k)];
    }
    for (std::size_t m = 0; m < StagePlaces::aqueous_tracers; ++m) {
      r[i * wide + c + m] = in[i * wide + c + m] - net.aqueous[i] * u[at.tracer(i, m)];
    }
    const std::size_t e = i * wide + at.extractant_amount();
    r[e] = in[e] - net.organic[i] * u[at.extractant(i)];
  }
  for (std::size_t v = 0; v < settlers_.size(); ++v) {
    const Settler& s = settlers_[v];
    const double q = flow(net, s);
    inlet(s, u, content);
    if (static_cast<int>(v) == tank_) {
      for (std::size_t m = 0; m < s.components; ++m) {
        content[m] = t.pass_organic[s.stage] * content[m] + t.rest_organic[s.stage * (c + 1) + m];
      }
    }
    if (s.plug) {
      const double* rest = s.organic ? &t.rest_organic[s.stage * (c + 1)]
                                     : &t.rest_aqueous[s.stage * at.aqueous_amounts()];
      for (std::size_t m = 0; m < s.components; ++m) {
        r[s.at + m] = q * (content[m] - rest[m]);
        r[s.at + s.components + m] = q * content[m];
      }
      continue;
    }
    const double each = s.volume / static_cast<double>(s.tanks);
    const double inverse = 1.0 / (each + t.weight * q);
    for (std::size_t j = 0; j < s.tanks; ++j) {
      for (std::size_t m = 0; m < s.components; ++m) {
        const std::size_t e = s.at + j * s.components + m;
        const double now = (base[e] + t.weight * q * content[m]) * inverse;
        r[e] = q * (content[m] - now);
        content[m] = now;
      }
    }
  }
  for (const Outlet& out : net.outlets) {
    const double pass = out.organic ? t.pass_organic[out.from] : t.pass_aqueous[out.from];
    const double* rest = out.organic ? &t.rest_organic[out.from * (c + 1)]
                                     : &t.rest_aqueous[out.from * at.aqueous_amounts()];
    const double* row = &u[out.organic ? at.y(out.from, 0) : at.x(out.from, 0)];
    for (std::size_t k = 0; k < c; ++k) {
      r[produced_ + out.product * c + k] += out.flow_l_per_h * (pass * row[k] + rest[k]);
    }
  }
  for (std::size_t i = 0; i < stages_; ++i) {
    for (std::size_t k = 0; k < c; ++k) {
      r[entered_ + k] += net.feed_aqueous[i * c + k] + net.feed_organic[i * c + k];
    }
  }
  // The saponifier gives what the loop lacks (or takes what it has too much).
  if (const Passage* loop = loop_of(net); loop != nullptr && net.saponified >= 0) {
    const auto k = index(net.saponified);
    const double* rest = &t.rest_organic[loop->from * (c + 1)];
    const auto carried = [&](double value, std::size_t m) {
      return loop->flow_l_per_h *
             (t.pass_loop * (t.pass_organic[loop->from] * value + rest[m]) + t.rest_loop[m]);
    };
    r[entered_ + k] += net.saponified_per_extractant * carried(u[at.extractant(loop->from)], c) -
                       carried(u[at.y(loop->from, k)], k);
  }
}

void Vessels::at_volume(const Settler& s, double v, bool after, std::vector<double>& amount,
                        std::vector<double>& c) const {
  std::size_t right = 1;
  while (right + 1 < s.inlet.size() &&
         (after ? s.inlet[right].passed <= v : s.inlet[right].passed < v)) {
    ++right;
  }
  const Node& a = s.inlet[right - 1];
  const Node& b = s.inlet[right];
  const double width = b.passed - a.passed;
  const double p = width > 0.0 ? std::clamp((v - a.passed) / width, 0.0, 1.0) : 1.0;
  amount.resize(s.components);
  c.resize(s.components);
  for (std::size_t m = 0; m < s.components; ++m) {
    const double rise = b.amount[m] - a.amount[m], first = width * a.after[m],
                 last = width * b.before[m];
    // Cubic of Hermite through the amounts with the concentrations as slopes.
    amount[m] =
        a.amount[m] +
        p * (first + p * (3.0 * rise - 2.0 * first - last + p * (first + last - 2.0 * rise)));
    c[m] = width > 0.0 ? (first + p * (2.0 * (3.0 * rise - 2.0 * first - last) +
                                       3.0 * p * (first + last - 2.0 * rise))) /
                             width
                       : b.before[m];
  }
}

void Vessels::begin_step(const CircuitNetwork& net, double h) {
  step_h_ = h;
  std::vector<double> from, to;
  for (Settler& s : settlers_) {
    if (!s.plug) continue;
    const double q = flow(net, s), low = s.passed - s.volume;
    at_volume(s, low, true, from, s.first);
    at_volume(s, low + q * h, false, to, s.last);
    s.mean.resize(s.components);
    for (std::size_t m = 0; m < s.components; ++m) {
      s.mean[m] = h > 0.0 ? (to[m] - from[m]) / (q * h) : s.first[m];
    }
    if (!(h > 0.0)) s.last = s.first;
  }
}

void Vessels::keep_step(const CircuitNetwork& net, const std::vector<double>& amounts,
                        const std::vector<double>& u) {
  for (Settler& s : settlers_) {
    if (!s.plug) continue;
    Node node;
    inlet(s, u, node.before);
    node.after = node.before;
    const std::size_t at = s.at + s.components;
    node.amount.assign(amounts.begin() + static_cast<std::ptrdiff_t>(at),
                       amounts.begin() + static_cast<std::ptrdiff_t>(at + s.components));

    node.passed = s.passed + flow(net, s) * step_h_;
    s.passed = node.passed;
    s.inlet.push_back(std::move(node));
    while (s.inlet.size() > 3 && s.inlet[1].passed < s.passed - s.volume) s.inlet.pop_front();
  }
}

void Vessels::forget_inlets(const std::vector<double>& u) {
  for (Settler& s : settlers_) {
    if (s.plug) inlet(s, u, s.inlet.back().after);
  }
}

double Vessels::longest_step(const CircuitNetwork& net) const {
  double longest = std::numeric_limits<double>::infinity();
  for (const Settler& s : settlers_) {
    if (s.plug) longest = std::min(longest, s.volume / flow(net, s));
  }
  return longest;
}

std::vector<double> Vessels::first_exits(const CircuitNetwork& net) const {
  std::vector<double> moments;
  for (const Settler& s : settlers_) {
    if (s.plug) moments.push_back(s.volume / flow(net, s));
  }
  std::sort(moments.begin(), moments.end());
  // Equal residence times differ in the last bits.
  const auto same = [](double a, double b) { return b - a <= 1e-9 * b; };
  moments.erase(std::unique(moments.begin(), moments.end(), same), moments.end());
  return moments;
}

double Vessels::inventory(const std::vector<double>& z, std::size_t k) const {
  double sum = 0.0;
  for (std::size_t i = 0; i < stages_; ++i) sum += z[i * StagePlaces{species_}.amounts() + k];
  for (const Settler& s : settlers_) {
    for (std::size_t j = 0; j < s.tanks; ++j) sum += z[s.at + j * s.components + k];
  }
  return sum;
}

std::vector<double> Vessels::floors(const CircuitEquations& equations,
                                    const std::vector<double>& z) const {
  const CircuitNetwork& net = equations.network();
  const std::size_t c = species_;
  const StagePlaces at{c};
  const std::size_t wide = at.amounts(), tracers = StagePlaces::aqueous_tracers;
  // Typical concentrations: fed, or held now.
  std::vector<double> typical(wide, 0.0);
  for (std::size_t k = 0; k < c; ++k) typical[k] = equations.scale()[k];
  for (std::size_t i = 0; i < stages_; ++i) {
    const double v = mixer_a_[i] + mixer_o_[i];
    for (std::size_t k = 0; k < c; ++k) typical[k] = std::max(typical[k], z[i * wide + k] / v);
    for (std::size_t m = 0; m < tracers; ++m) {
      typical[c + m] = std::max({typical[c + m], std::fabs(z[i * wide + c + m]) / mixer_a_[i],
                                 std::fabs(net.tracers_in[i * tracers + m]) / net.aqueous[i]});
    }
    double& extractant = typical[at.extractant_amount()];
    extractant = std::max(extractant, z[i * wide + at.extractant_amount()] / mixer_o_[i]);
  }
  std::vector<double> floor(size_, 0.0);
  const auto set = [&](std::size_t e, double volume, std::size_t m) {
    floor[e] = typical[m] > 1e-20 ? 1e-3 * volume * typical[m] : 0.0;
  };
  for (std::size_t i = 0; i < stages_; ++i) {
    for (std::size_t m = 0; m < wide; ++m) {
      const double v = m < c                         ? mixer_a_[i] + mixer_o_[i]
                       : m == at.extractant_amount() ? mixer_o_[i]
                                                     : mixer_a_[i];
      set(i * wide + m, v, m);
    }
  }
  for (const Settler& s : settlers_) {
    for (std::size_t j = 0; j < s.tanks; ++j) {
      for (std::size_t m = 0; m < s.components; ++m) {
        const std::size_t kind = m < c || !s.organic ? m : at.extractant_amount();
        set(s.at + j * s.components + m, s.volume / static_cast<double>(s.tanks), kind);
      }
    }
  }
  return floor;
}

}  // namespace gadolin::separation
