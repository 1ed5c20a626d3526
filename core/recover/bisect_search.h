// BisectSearch: which commit to try next, and what the answers mean. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace melisai::recover {

/// A commit that may have made the program slower.
struct Candidate {
  std::string sha;
  std::vector<std::string> parents;  ///< shas, also of commits that are no candidates
};

enum class Answer {
  slow,    ///< as slow as the bad commit: the culprit is this one or an ancestor
  fast,    ///< as fast as the good one: this one and its ancestors are innocent
  unknown  ///< could not be built, measured or decided: tells nothing
};

class BisectSearch {
 public:
  /// `candidates`: the commits that `bad`, which is one of them, can reach and the good one cannot;
  /// in any order. Memory: the square of their number in bits.
  BisectSearch(std::vector<Candidate> candidates, const std::string& bad);

  /// The untried suspect whose answer leaves the fewest in the worst case, never a merge: its
  /// change came with one of its parents. Nothing when no further split is possible. The first in
  /// the order parents before children when several are as good.
  std::optional<std::string> next() const;
  /// `sha`: a suspect, also one that next() did not propose. An answer that contradicts an earlier
  /// one leaves the suspects as they are: the slowest known commit is never innocent.
  void answer(const std::string& sha, Answer answer);

  /// What is left, parents before children, never empty: one sha is the culprit, several are the
  /// shortest range that cannot be split once next() has nothing. The last one is slow for certain.
  std::vector<std::string> suspects() const;
  /// How many answers are needed when each one halves what is left; 0 when nothing can be tried.
  int steps_left() const;

  bool is_merge(const std::string& sha) const;  ///< of a candidate
  /// The first parent, "" for a commit that has none.
  std::string first_parent(const std::string& sha) const;

 private:
  using Set = std::vector<std::uint64_t>;  ///< one bit a candidate

  void order_and_connect(std::vector<Candidate> candidates);
  bool contains(const Set& set, std::size_t index) const;
  std::size_t count_common(const Set& a, const Set& b) const;
  std::size_t count_suspects() const { return count_common(suspects_, suspects_); }

  std::vector<Candidate> candidates_;  ///< parents before children
  std::unordered_map<std::string, std::size_t> index_;
  std::vector<Set> ancestors_;  ///< of each, itself included
  Set suspects_;
  Set unknown_;
  std::size_t slow_ = 0;  ///< the oldest commit known to be slow
};

}  // namespace melisai::recover
