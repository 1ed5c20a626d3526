// Masker: replaces secrets in a stream of bytes by ***, also where one comes in pieces, and where
// it goes on in the next line as `base64` and `xxd -p` wrap it. Bounded memory: what it holds back
// is at most as long as the longest pattern with its line breaks, and only while it could be the
// beginning of one. Also part of melisai-gate-exec, so that it needs neither exceptions nor the
// standard library.
#pragma once

#include <cstddef>
#include <cstdint>

namespace melisai {

/// No pattern is shorter: what is as short stands in too many texts by chance.
inline constexpr std::size_t kMaskPatternMin = 8;
/// Bytes of a line that can have been wrapped: the line break at its end need not be in a pattern.
/// Shorter ones are lines of their own, which nobody who follows a log should wait for.
inline constexpr std::size_t kMaskLineMin = 32;
/// Of all patterns together.
inline constexpr std::size_t kMaskBlockMax = 1 << 20;

/// The patterns, as one block: for each its length in four bytes, in the order of this machine, and
/// its bytes. Serves any number of streams.
class MaskPatterns {
 public:
  MaskPatterns() = default;
  MaskPatterns(const MaskPatterns&) = delete;
  MaskPatterns& operator=(const MaskPatterns&) = delete;
  ~MaskPatterns();

  /// False for a block that is none, or without memory. `block` outlives this.
  bool open(const char* block, std::size_t size);

  std::size_t count() const { return count_; }
  std::size_t longest() const { return longest_; }  ///< in a stream, with line breaks

 private:
  friend class MaskStream;
  struct Pattern {
    const char* text;
    std::uint32_t size;
    std::uint32_t next;  // of the same bucket, as index + 1
  };
  static constexpr std::size_t kBuckets = 1 << 14;

  Pattern* patterns_ = nullptr;
  std::uint32_t* buckets_ = nullptr;  // by the first eight bytes; index + 1
  std::size_t count_ = 0;
  std::size_t longest_ = 0;
};

class MaskStream {
 public:
  /// Takes what comes out, in order.
  using Sink = void (*)(void* context, const char* data, std::size_t size);

  MaskStream() = default;
  MaskStream(const MaskStream&) = delete;
  MaskStream& operator=(const MaskStream&) = delete;
  ~MaskStream();

  /// False without memory. `patterns` outlives this.
  bool open(const MaskPatterns& patterns, Sink sink, void* context);
  void write(const char* data, std::size_t size);
  void finish();  ///< gives out what is held back

 private:
  struct Place {
    std::size_t at;      // of held_
    std::size_t column;  // of its line
    void take(char c);
  };
  void scan(bool is_last);
  bool step_over_break(Place& place) const;
  std::size_t matched(const MaskPatterns::Pattern& pattern, Place& place) const;
  std::size_t key_at(Place place, char* key) const;
  template <class Visit>
  void each_candidate(const Place& place, Visit visit) const;
  std::size_t covered_from(const Place& place) const;
  bool may_begin_at(const Place& place) const;
  void give_plain(std::size_t until);

  const MaskPatterns* patterns_ = nullptr;
  Sink sink_ = nullptr;
  void* context_ = nullptr;
  char* held_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  std::size_t column_ = 0;  // of held_[0]
  std::size_t given_ = 0;   // of held_: given out, or masked
  bool in_mask_ = false;    // what was given out last is ***
};

}  // namespace melisai
