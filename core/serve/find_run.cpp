#include "core/serve/find_run.h"

#include <charconv>
#include <vector>

#include "core/base/text.h"

namespace melisai::serve {
namespace {

constexpr std::size_t kSearched = 10'000;  // newest runs

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1) return std::nullopt;
  return number;
}

}  // namespace

Result<store::Queue> open_queue(const std::string& state_dir) {
  MELISAI_TRY(std::optional<store::Queue> queue, store::Queue::open_reader(state_dir));
  if (!queue)
    return Error{Errc::not_found, "no daemon ever worked with the state directory " + state_dir +
                                      "; name its own with --state-dir"};
  return *std::move(queue);
}

Result<PipelineRun> find_run(const std::string& text, const store::Queue& queue) {
  if (const auto id = number_of(text)) return queue.run(*id);
  const std::size_t mark = text.rfind('#');
  if (mark == std::string::npos || !number_of(std::string_view(text).substr(mark + 1)))
    return Error{
        Errc::usage,
        in_quotes(text) + " is no run; write its number, or PIPELINE#NUMBER as `runs` shows"};
  MELISAI_TRY(const std::vector<PipelineRun> runs, queue.runs({.limit = kSearched}));
  std::vector<PipelineRun> found;
  for (const PipelineRun& run : runs)
    if (name_of(run) == text || run.pipeline + "#" + std::to_string(run.number) == text)
      found.push_back(run);
  if (found.size() == 1) return found.front();
  if (found.empty())
    return Error{Errc::not_found,
                 "there is no run " + in_quotes(text) + "; `melisai-gate runs` lists them"};
  return Error{Errc::usage, in_quotes(text) + " may be " + name_of(found[0]) + " or " +
                                name_of(found[1]) + "; name its project too"};
}

}  // namespace melisai::serve
