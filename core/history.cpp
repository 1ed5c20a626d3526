#include "core/history.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "core/base/log.h"
#include "core/base/output.h"
#include "core/base/thread.h"
#include "core/history_input.h"
#include "core/history_output.h"
#include "core/history_stored.h"

namespace melisai {
namespace {

constexpr unsigned kThreadsMax = 8;

/// Series do not know of each other, so threads take them one by one.
ChangesOfAll find_changes(const std::vector<HistorySeries>& series) {
  ChangesOfAll found(series.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < series.size(); i = next++)
      found[i] = stats::find_change_points(series[i].values);
  };
  {
    std::vector<std::jthread> helpers;
    const std::size_t threads = std::min<std::size_t>(
        {series.size(), kThreadsMax, std::max(1U, std::thread::hardware_concurrency())});
    while (helpers.size() + 1 < threads) {
      Result<std::jthread> helper = start_thread(work);
      if (!helper) break;  // without helpers it takes longer
      helpers.push_back(*std::move(helper));
    }
    work();
  }
  return found;
}

}  // namespace

Result<void> history(const HistoryRequest& request, const OpenRepo& open_repo,
                     const std::function<bool(std::string_view)>& print) {
  MELISAI_TRY(const Histories histories, request.file.empty() ? stored_histories(request, open_repo)
                                                              : read_histories(request.file));
  for (const std::string& warning : histories.warnings) log_warning(warning);
  const ChangesOfAll changes = find_changes(histories.series);
  if (request.json)
    for (const std::string& unsaid : unsaid_in_json(histories, changes)) log_warning(unsaid);
  if (print(request.json ? history_json(histories, changes) : history_text(histories, changes)))
    return {};
  return cannot_print();
}

}  // namespace melisai
