// The decision rules of other performance gates, written anew: what each says about one window.
#pragma once

#include <array>
#include <string_view>

#include "tests/bench/detection_noise.h"

namespace melisai::bench {

constexpr int kPeers = 4;
constexpr std::array<std::string_view, kPeers> kPeerNames{
    "mean ratio > 110 %, 20 runs", "paired t >= 2, 20 pairs", "Mann-Whitney p < .05, 20 runs",
    "Wilcoxon at 1 %, 60 pairs"};

/// Which of them call the head slower.
std::array<bool, kPeers> peers_alarm(const Window& window);

}  // namespace melisai::bench
