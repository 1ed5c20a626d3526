#include "core/publish/step.h"

#include <sys/stat.h>

#include <cerrno>
#include <fstream>

#include "core/base/rng.h"

namespace melisai::publish {
namespace {

/// Behind what the step has written to it already.
Result<void> append(const std::string& file, const std::string& text, std::size_t bytes_max) {
  struct stat now {};
  const bool is_there = stat(file.c_str(), &now) == 0;
  if (is_there && static_cast<std::size_t>(now.st_size) + text.size() > bytes_max)
    return Error{Errc::limit, file + " would be longer than the runner takes"};
  std::ofstream out(file, std::ios::binary | std::ios::app);
  out << text;
  out.close();
  if (!out) return error_from_errno(errno, "cannot write " + file);
  return {};
}

std::string delimiter() {
  return "melisai" + std::to_string(fresh_seed()) + "x" + std::to_string(fresh_seed());
}

constexpr std::size_t kOutputsMax = 1'024 * 1'024;  // of one job, says GitHub

}  // namespace

bool is_step(const EnvLookup& env) {
  return !env("GITHUB_OUTPUT").value_or("").empty() ||
         !env("GITHUB_STEP_SUMMARY").value_or("").empty();
}

Result<void> leave_behind(const Report& report, const std::string& report_file,
                          const report::CommentContext& context, bool is_of_another_run,
                          const Command& command) {
  if (!is_of_another_run) command.print(report::workflow_commands_of(report));
  Result<void> written;
  if (const std::string file = command.env("GITHUB_OUTPUT").value_or(""); !file.empty())
    written = append(file, report::outputs_of(report, report_file, delimiter()), kOutputsMax);
  const std::string file = command.env("GITHUB_STEP_SUMMARY").value_or("");
  if (file.empty()) return written;
  const Result<void> summary =
      append(file, report::job_summary_of(report, context), report::kJobSummaryBytesMax);
  return written ? summary : written;
}

}  // namespace melisai::publish
