// What `history` prints. Private to history.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/history_input.h"
#include "core/stats/change_points.h"

namespace melisai {

/// Of each series, in the order of Histories::series.
using ChangesOfAll = std::vector<std::vector<stats::ChangePoint>>;

/// [{"series","index","commit","before","after","change","confidence"}], series in the order of
/// their appearance; commit is null when it is not known, change when it starts from zero.
std::string history_json(const Histories& histories, const ChangesOfAll& changes);
/// A sentence; a table per series with changes, the largest worsening first; a line for each of the
/// others, which says what could not be told and what it looks like nevertheless.
std::string history_text(const Histories& histories, const ChangesOfAll& changes);
/// What the JSON form cannot say, in sentences: how many series are too short to tell, or young;
/// what those without a change look like nevertheless (100 at most); or that there is none.
std::vector<std::string> unsaid_in_json(const Histories& histories, const ChangesOfAll& changes);

}  // namespace melisai
