#include "core/recover/bisect_search.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "core/base/result.h"

namespace melisai::recover {
namespace {

constexpr std::size_t kBits = 64;

void add(std::vector<std::uint64_t>& set, std::size_t index) {
  set[index / kBits] |= std::uint64_t{1} << (index % kBits);
}

}  // namespace

BisectSearch::BisectSearch(std::vector<Candidate> candidates, const std::string& bad) {
  order_and_connect(std::move(candidates));
  const auto found = index_.find(bad);
  MELISAI_ASSERT(found != index_.end());
  slow_ = found->second;
  suspects_ = ancestors_[slow_];
  unknown_.resize(suspects_.size());
}

/// Takes the commits whose parents were all taken, until none is left; a history has no cycles.
void BisectSearch::order_and_connect(std::vector<Candidate> candidates) {
  std::unordered_map<std::string, std::size_t> place;
  for (std::size_t i = 0; i < candidates.size(); ++i) place.emplace(candidates[i].sha, i);
  std::vector<std::vector<std::size_t>> children(candidates.size());
  std::vector<std::size_t> waiting_for(candidates.size(), 0);
  std::vector<std::size_t> ready;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    for (const std::string& parent : candidates[i].parents) {
      const auto found = place.find(parent);
      if (found == place.end()) continue;
      children[found->second].push_back(i);
      ++waiting_for[i];
    }
    if (waiting_for[i] == 0) ready.push_back(i);
  }
  for (std::size_t next = 0; next < ready.size(); ++next) {
    for (const std::size_t child : children[ready[next]])
      if (--waiting_for[child] == 0) ready.push_back(child);
  }
  const std::size_t words = (ready.size() + kBits - 1) / kBits;
  for (const std::size_t i : ready) {
    Set& ancestors = ancestors_.emplace_back(words);
    for (const std::string& parent : candidates[i].parents) {
      const auto found = index_.find(parent);
      if (found == index_.end()) continue;
      for (std::size_t word = 0; word < words; ++word)
        ancestors[word] |= ancestors_[found->second][word];
    }
    add(ancestors, candidates_.size());
    index_.emplace(candidates[i].sha, candidates_.size());
    candidates_.push_back(std::move(candidates[i]));
  }
}

std::optional<std::string> BisectSearch::next() const {
  const std::size_t all = count_suspects();
  std::size_t best_split = 0;
  const Candidate* best = nullptr;
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    const bool may_be_tried = i != slow_ && contains(suspects_, i) && !contains(unknown_, i);
    if (!may_be_tried || candidates_[i].parents.size() > 1) continue;
    const std::size_t before = count_common(ancestors_[i], suspects_);
    const std::size_t split = std::min(before, all - before);
    if (split <= best_split) continue;
    best_split = split;
    best = &candidates_[i];
  }
  if (best == nullptr) return std::nullopt;
  return best->sha;
}

void BisectSearch::answer(const std::string& sha, Answer answer) {
  const auto found = index_.find(sha);
  MELISAI_ASSERT(found != index_.end());
  const std::size_t index = found->second;
  if (!contains(suspects_, index)) return;
  const Set& reach = ancestors_[index];
  if (answer == Answer::unknown) {
    add(unknown_, index);
  } else if (answer == Answer::slow) {
    for (std::size_t word = 0; word < reach.size(); ++word) suspects_[word] &= reach[word];
    slow_ = index;
  } else if (index != slow_) {
    for (std::size_t word = 0; word < reach.size(); ++word) suspects_[word] &= ~reach[word];
  }
}

std::vector<std::string> BisectSearch::suspects() const {
  std::vector<std::string> shas;
  for (std::size_t i = 0; i < candidates_.size(); ++i)
    if (i != slow_ && contains(suspects_, i)) shas.push_back(candidates_[i].sha);
  shas.push_back(candidates_[slow_].sha);
  return shas;
}

int BisectSearch::steps_left() const {
  if (!next()) return 0;
  return static_cast<int>(std::bit_width(count_suspects() - 1));
}

bool BisectSearch::is_merge(const std::string& sha) const {
  return candidates_[index_.at(sha)].parents.size() > 1;
}

std::string BisectSearch::first_parent(const std::string& sha) const {
  const std::vector<std::string>& parents = candidates_[index_.at(sha)].parents;
  return parents.empty() ? "" : parents.front();
}

bool BisectSearch::contains(const Set& set, std::size_t index) const {
  return (set[index / kBits] >> (index % kBits) & 1) != 0;
}

std::size_t BisectSearch::count_common(const Set& a, const Set& b) const {
  std::size_t count = 0;
  for (std::size_t word = 0; word < a.size(); ++word)
    count += static_cast<std::size_t>(std::popcount(a[word] & b[word]));
  return count;
}

}  // namespace melisai::recover
