// Pull requests as the queue knows them, and who asked to let them run. Plain data; kept by Queue.
// What strangers propose is held in the queue until somebody approves one head of it, by its full
// sha.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/model/pipeline_run.h"

namespace melisai::store {

struct PullRequest {
  std::string project;
  std::int64_t number = 0;
  std::string ref;   ///< of its head: "refs/pull/7/head"
  std::string sha;   ///< its head, as it was accepted last
  std::string base;  ///< full name of the branch that it is for
  std::string author;
  bool trusted = false;  ///< head and base are branches of the project's own repository
  bool open = false;
  std::int64_t event = 0;   ///< the newest of this head
  WallTime since;           ///< when this head was accepted
  bool waits = false;       ///< for approval
  std::string approved_by;  ///< of that event; "": nobody
  bool operator==(const PullRequest&) const = default;
};

struct PullRequestFilter {
  std::string project;     ///< "" for all
  bool waits = false;      ///< only those that wait for approval
  std::size_t limit = 50;  ///< of those whose head is newest
};

/// Somebody who may do so lets one head run, or decides over what a run of a commit has found.
struct Approval {
  enum class Action {
    approve,
    retry,    ///< and again, when it ran already
    measure,  ///< the pipeline of `run` once more, on its commit
    accept    ///< what `run` found slower is accepted, on its commit
  };
  Action action = Action::approve;
  std::string project;
  std::int64_t number = 0;  ///< of approve and retry
  std::string sha;          ///< full hex
  std::string by;           ///< for people: "token ops"
  std::int64_t run = 0;     ///< of measure and accept
};

struct Approved {
  std::int64_t event = 0;
  bool already = false;  ///< it needed none, or had one; nothing was changed
};

/// Somebody on the forge asks for an approval. Nobody knows yet whether they may.
struct ApprovalRequest {
  std::int64_t id = 0;
  Approval approval;         ///< `by` is made of the user and of `via`
  std::int64_t user_id = 0;  ///< 0: not said
  std::string login;         ///< as the forge says it
  std::string via;           ///< "comment", "label", "button"
  std::string once;          ///< as of RunEvent
  int tries = 0;             ///< that failed
  WallTime not_before;
  WallTime asked_at;
};

struct ApprovalEnd {
  bool may_write = false;           ///< the forge says so
  std::string reason;               ///< when not
  std::optional<WallTime> again{};  ///< nobody could tell; asked again then
};

/// What became of it.
struct ApprovalOutcome {
  std::int64_t event = 0;  ///< that may run now; 0: none
  std::string refused;     ///< why; "" otherwise
  bool granted = false;    ///< false: refused, or asked again
};

}  // namespace melisai::store
