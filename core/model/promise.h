// What any kept promise (core/README.md) takes, whatever the policy.
#pragma once

namespace melisai {

/// Fewer pairs of a benchmark cannot turn red: four for a suspicion, four fresh ones to confirm it.
constexpr int kPairsToTurnRed = 8;

}  // namespace melisai
