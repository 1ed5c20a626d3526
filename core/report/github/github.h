// What a forge shows of a report: the comment on a pull request, the check run, the commit status,
// the job summary, workflow commands and outputs of GitHub Actions. Pure: a report in, text out.
// Names, notes and paths of a report are hostile; everything here leaves them harmless.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/project.h"
#include "core/model/report.h"

namespace melisai::report {

// What GitHub takes. Bytes are counted where it counts characters: never fewer.
inline constexpr std::size_t kCommentBytesMax = 65'536;
inline constexpr std::size_t kCheckSummaryBytesMax = 65'535;
inline constexpr std::size_t kJobSummaryBytesMax = 1'024 * 1'024;
inline constexpr std::size_t kStatusCharactersMax = 140;
inline constexpr std::size_t kAnnotationsMax = 250;  ///< of one check run, in several requests
inline constexpr std::size_t kCommandsMax = 10;      ///< of one step and level; more are not shown

struct CommentContext {
  /// Tells the comments of one pull request apart: letters, digits and . _ -, at most 60.
  std::string name = "default";
  std::string details_url{};  ///< https, where all of it can be seen; "" for nowhere
  /// Shell line that does the run again; "": made of the report's commits and seed.
  std::string repeat{};
  /// Whether code of the pull request could have written the report itself, which is then said.
  bool is_word_of_strangers = false;
};

bool is_context_name(std::string_view name);

/// "<!-- melisai-gate:default -->": how the comment is found again. Its first line.
std::string marker_of(const std::string& context_name);

/// Markdown with the marker. At most kCommentBytesMax bytes: what is cut is counted in a sentence.
std::string comment_of(const Report& report, const CommentContext& context);
/// The same for $GITHUB_STEP_SUMMARY, where there is more room, and without a marker.
std::string job_summary_of(const Report& report, const CommentContext& context);

/// Verdict word first, no names: "REGRESSION: 2 of 4 gating metrics are worse".
std::string title_of(const Report& report);

enum class Conclusion { success, failure, neutral, cancelled, action_required };
std::string_view to_string(Conclusion conclusion);
/// `failure` where the exit code is not 0 and nobody interrupted; `success` for a pass alone.
Conclusion conclusion_of(const Report& report, FailOn fail_on);

/// A line of the repository that somebody should look at.
struct Annotation {
  enum class Level { notice, warning, failure } level = Level::warning;
  std::string path;  ///< relative to the repository; never leads out of it
  int line = 1;
  std::string title;
  std::string message;
  bool operator==(const Annotation&) const = default;
};
std::string_view to_string(Annotation::Level level);

/// Where the functions that cost more are written, the worst first, at most kAnnotationsMax.
std::vector<Annotation> annotations_of(const Report& report);

struct CheckOutput {
  Conclusion conclusion = Conclusion::neutral;
  std::string title;
  std::string summary;  ///< Markdown
  std::vector<Annotation> annotations;
};
CheckOutput check_of(const Report& report, const CommentContext& context, FailOn fail_on);

/// For a commit status, which has no neutral: the verdict's word comes first, so that nobody takes
/// "cannot tell" for a pass. At most kStatusCharactersMax characters of plain text.
std::string status_text_of(const Report& report);
/// "success", "failure" or "error".
std::string_view status_state_of(const Report& report, FailOn fail_on);

/// "::error file=src/a.cpp,line=3,title=...::...", one a line, the worst first.
std::string workflow_commands_of(const Report& report);

/// `text` as a step may print it: no line of it, and no part of one, commands the runner (`::name`
/// in front, `##[name]` anywhere).
std::string without_runner_commands(std::string_view text);

/// For $GITHUB_OUTPUT: verdict, report (the path of report.json) and regressions (how many).
/// `delimiter`: random, of letters and digits; a value can then not end itself.
std::string outputs_of(const Report& report, const std::string& report_path,
                       const std::string& delimiter);

}  // namespace melisai::report
