// Rng: the only source of chance (seam). A seed reproduces every order and CPU choice of a check.
#pragma once

#include <cstdint>
#include <random>

namespace melisai {

class Rng {
 public:
  virtual ~Rng() = default;
  /// Uniform over 0 .. bound-1; bound >= 1.
  virtual std::uint64_t below(std::uint64_t bound) = 0;
};

class SeededRng final : public Rng {
 public:
  explicit SeededRng(std::uint64_t seed) : engine_(seed) {}
  // Lemire-free rejection keeps the sequence identical on every standard library; std distributions
  // do not.
  std::uint64_t below(std::uint64_t bound) override {
    const std::uint64_t limit = std::mt19937_64::max() - std::mt19937_64::max() % bound;
    std::uint64_t draw = engine_();
    while (draw >= limit) draw = engine_();
    return draw % bound;
  }

 private:
  std::mt19937_64 engine_;
};

/// A seed from the operating system, small enough (53 bits) to survive JSON.
std::uint64_t fresh_seed();

}  // namespace melisai
