// What people write on a pull request to let it run, and which head that is for. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/units.h"
#include "core/store/pull_requests.h"

namespace melisai::api {

/// The first line of a comment: "/melisai-gate approve SHA", "/melisai-gate retry SHA".
struct CommentCommand {
  store::Approval::Action action = store::Approval::Action::approve;
  std::string
      sha;  ///< 12 to 64 lower-case hex digits, of a commit's first ones; "": none was named
};
/// Nothing when the comment is not for us. Errors: usage, when it is, and cannot be understood.
Result<std::optional<CommentCommand>> comment_command(std::string_view text);

/// When somebody asked for an approval, and what they saw.
struct AskedFor {
  std::string sha;             ///< named by them, or said by the forge; "": neither
  bool names_it = false;       ///< they wrote it themselves
  std::optional<WallTime> at;  ///< by the clock of the forge; nothing: not said
  WallTime received_at;
};

/// The head of `known` that was asked for, by its full sha. One that they did not name has to have
/// been known for `age` when they asked: whoever proposes may push between their reading and their
/// click. Errors: usage, for people.
Result<std::string> asked_head(const AskedFor& asked, const store::PullRequest& known,
                               Milliseconds age);

}  // namespace melisai::api
