#include "core/base/masker.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace melisai {
namespace {

constexpr std::size_t kSlice = 64 << 10;
constexpr char kMask[] = "***";

bool is_break(char c) { return c == '\n' || c == '\r'; }

std::size_t bucket_of(const char* text, std::size_t buckets) {
  std::uint64_t key = 0;
  std::memcpy(&key, text, sizeof key);
  return static_cast<std::size_t>((key * 0x9E37'79B9'7F4A'7C15u) >> 40) & (buckets - 1);
}

/// Calls `visit(text, size)` for each pattern; false for a block that is none.
template <class Visit>
bool each_pattern(const char* block, std::size_t size, Visit visit) {
  while (size > 0) {
    std::uint32_t length = 0;
    if (size < sizeof length) return false;
    std::memcpy(&length, block, sizeof length);
    block += sizeof length;
    size -= sizeof length;
    if (length < kMaskPatternMin || length > size) return false;
    visit(block, length);
    block += length;
    size -= length;
  }
  return true;
}

}  // namespace

MaskPatterns::~MaskPatterns() {
  std::free(patterns_);
  std::free(buckets_);
}

bool MaskPatterns::open(const char* block, std::size_t size) {
  std::size_t count = 0;
  if (size > kMaskBlockMax ||
      !each_pattern(block, size, [&](const char*, std::uint32_t) { ++count; }))
    return false;
  patterns_ = static_cast<Pattern*>(std::calloc(count + 1, sizeof(Pattern)));
  buckets_ = static_cast<std::uint32_t*>(std::calloc(kBuckets, sizeof(std::uint32_t)));
  if (patterns_ == nullptr || buckets_ == nullptr) return false;
  each_pattern(block, size, [&](const char* text, std::uint32_t length) {
    std::uint32_t& bucket = buckets_[bucket_of(text, kBuckets)];
    patterns_[count_] = {text, length, bucket};
    bucket = static_cast<std::uint32_t>(++count_);
    const std::size_t breaks_max = length / kMaskLineMin + 1;  // of two bytes
    longest_ = std::max<std::size_t>(longest_, length + 2 * breaks_max);
  });
  return true;
}

MaskStream::~MaskStream() { std::free(held_); }

bool MaskStream::open(const MaskPatterns& patterns, Sink sink, void* context) {
  patterns_ = &patterns;
  sink_ = sink;
  context_ = context;
  capacity_ = patterns.longest() + kSlice;
  held_ = static_cast<char*>(std::malloc(capacity_));
  return held_ != nullptr;
}

void MaskStream::write(const char* data, std::size_t size) {
  while (size > 0) {
    const std::size_t part = std::min(size, capacity_ - size_);
    std::memcpy(held_ + size_, data, part);
    size_ += part;
    data += part;
    size -= part;
    scan(false);
  }
}

void MaskStream::finish() { scan(true); }

void MaskStream::Place::take(char c) {
  ++at;
  column = is_break(c) ? 0 : column + 1;
}

// Over one line break, where a program that wraps can have put it.
bool MaskStream::step_over_break(Place& place) const {
  if (place.at == size_ || place.column < kMaskLineMin || !is_break(held_[place.at])) return false;
  const bool is_pair =
      held_[place.at] == '\r' && place.at + 1 < size_ && held_[place.at + 1] == '\n';
  place = {.at = place.at + (is_pair ? 2 : 1), .column = 0};
  return true;
}

// How much of the pattern is at `place`, which ends up behind it: less than all when the stream
// ends there, 0 when it goes on with something else.
std::size_t MaskStream::matched(const MaskPatterns::Pattern& pattern, Place& place) const {
  std::size_t done = 0;
  while (done < pattern.size && place.at < size_) {
    if (held_[place.at] == pattern.text[done]) {
      place.take(pattern.text[done++]);
    } else if (done == 0 || !step_over_break(place)) {
      return 0;
    }
  }
  return done;
}

// The first bytes at `place` but for what wraps them: kMaskPatternMin, or all that are left.
std::size_t MaskStream::key_at(Place place, char* key) const {
  std::size_t size = 0;
  while (size < kMaskPatternMin && place.at < size_) {
    if (size > 0 && step_over_break(place)) continue;
    key[size++] = held_[place.at];
    place.take(held_[place.at]);
  }
  return size;
}

// A pattern can have a line break of its own where another is wrapped.
template <class Visit>
void MaskStream::each_candidate(const Place& place, Visit visit) const {
  const auto each_in_bucket = [&](const char* key) {
    std::uint32_t index = patterns_->buckets_[bucket_of(key, MaskPatterns::kBuckets)];
    for (; index != 0; index = patterns_->patterns_[index - 1].next)
      visit(patterns_->patterns_[index - 1]);
  };
  char key[kMaskPatternMin];
  const bool is_whole = key_at(place, key) == kMaskPatternMin;
  if (is_whole) each_in_bucket(key);
  if (size_ - place.at < kMaskPatternMin) return;
  const char* as_it_is = held_ + place.at;
  if (!is_whole || std::memcmp(key, as_it_is, kMaskPatternMin) != 0) each_in_bucket(as_it_is);
}

// The end of the longest pattern that is at `place`; `place` itself without one.
std::size_t MaskStream::covered_from(const Place& place) const {
  std::size_t end = place.at;
  each_candidate(place, [&](const MaskPatterns::Pattern& pattern) {
    Place behind = place;
    if (matched(pattern, behind) == pattern.size) end = std::max(end, behind.at);
  });
  return end;
}

// Whether all that is left from `place` on is the beginning of a pattern that goes on.
bool MaskStream::may_begin_at(const Place& place) const {
  const auto goes_on = [&](const MaskPatterns::Pattern& pattern) {
    Place behind = place;
    const std::size_t size = matched(pattern, behind);
    return size > 0 && size < pattern.size;
  };
  char key[kMaskPatternMin];
  if (key_at(place, key) < kMaskPatternMin)
    return std::any_of(patterns_->patterns_, patterns_->patterns_ + patterns_->count(), goes_on);
  bool any = false;
  each_candidate(place,
                 [&](const MaskPatterns::Pattern& pattern) { any = any || goes_on(pattern); });
  return any;
}

// Every byte that belongs to some pattern is masked, also where patterns overlap.
void MaskStream::scan(bool is_last) {
  const std::size_t whole = size_ < kMaskPatternMin ? 0 : size_ - kMaskPatternMin + 1;
  const std::size_t undecided =  // what cannot be told before more has come
      size_ < patterns_->longest() ? 0 : size_ - patterns_->longest() + 1;
  std::size_t line_end = 0;
  Place place{.at = 0, .column = column_};
  for (; place.at < size_; place.take(held_[place.at])) {
    const std::size_t at = place.at;
    line_end = std::max(line_end, at);
    while (line_end < size_ && !is_break(held_[line_end])) ++line_end;
    const bool may_wrap =
        line_end - at < kMaskPatternMin && place.column + line_end - at >= kMaskLineMin;
    if (at < whole && !may_wrap &&
        patterns_->buckets_[bucket_of(held_ + at, MaskPatterns::kBuckets)] == 0)
      continue;
    if (!is_last && at >= undecided && may_begin_at(place)) break;
    const std::size_t end = covered_from(place);
    if (end == at) continue;
    give_plain(at);
    if (!in_mask_) sink_(context_, kMask, sizeof kMask - 1);
    in_mask_ = true;
    given_ = std::max(given_, end);
  }
  give_plain(place.at);
  given_ -= place.at;
  size_ -= place.at;
  column_ = place.column;
  std::memmove(held_, held_ + place.at, size_);
}

void MaskStream::give_plain(std::size_t until) {
  if (until <= given_) return;
  sink_(context_, held_ + given_, until - given_);
  given_ = until;
  in_mask_ = false;
}

}  // namespace melisai
