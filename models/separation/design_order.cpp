#include <algorithm>
#include <vector>

#include "models/separation/design.hpp"

namespace gadolin::separation {

namespace {

void append(CutTree& tree, const CutTree& part) {
  tree.first.insert(tree.first.end(), part.first.begin(), part.first.end());
  tree.last.insert(tree.last.end(), part.last.begin(), part.last.end());
  tree.cut.insert(tree.cut.end(), part.cut.begin(), part.cut.end());
  tree.cost += part.cost;
}

CutTree node(int first, int last, int cut, double cost) { return {{first}, {last}, {cut}, cost}; }

std::vector<CutTree> orders_of(int first, int last, CutPrice price, const void* context) {
  if (first == last) return {CutTree{}};
  std::vector<CutTree> orders;
  for (int cut = first; cut < last; ++cut) {
    const double cost = price(context, first, last, cut);
    const auto below = orders_of(first, cut, price, context);
    const auto above = orders_of(cut + 1, last, price, context);
    for (const CutTree& light : below) {
      for (const CutTree& heavy : above) {
        CutTree tree = node(first, last, cut, cost);
        append(tree, light);
        append(tree, heavy);
        orders.push_back(std::move(tree));
      }
    }
  }
  return orders;
}

}  // namespace

CutTree cheapest_order(int groups, CutPrice price, const void* context) {
  const auto at = [groups](int first, int last) {
    return static_cast<std::size_t>(first * groups + last);
  };
  std::vector<CutTree> best(static_cast<std::size_t>(groups) * static_cast<std::size_t>(groups));
  for (int length = 2; length <= groups; ++length) {
    for (int first = 0; first + length <= groups; ++first) {
      const int last = first + length - 1;
      int chosen = -1;
      double least = 0.0, own = 0.0;
      for (int cut = first; cut < last; ++cut) {
        const double here = price(context, first, last, cut);
        const double cost = here + best[at(first, cut)].cost + best[at(cut + 1, last)].cost;
        if (chosen < 0 || cost < least) chosen = cut, least = cost, own = here;
      }
      CutTree tree = node(first, last, chosen, own);
      append(tree, best[at(first, chosen)]);
      append(tree, best[at(chosen + 1, last)]);
      best[at(first, last)] = std::move(tree);
    }
  }
  return best[at(0, groups - 1)];
}

std::vector<CutTree> all_orders(int groups, CutPrice price, const void* context) {
  auto orders = orders_of(0, groups - 1, price, context);
  std::stable_sort(orders.begin(), orders.end(),
                   [](const CutTree& a, const CutTree& b) { return a.cost < b.cost; });
  return orders;
}

}  // namespace gadolin::separation
