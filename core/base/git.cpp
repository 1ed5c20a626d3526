#include "core/base/git.h"

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/git_wire.h"
#include "core/base/process.h"
#include "core/base/spare_helper.h"

namespace melisai {
namespace {

using Json = nlohmann::json;

/// nlohmann::json converts to and from everything, which Result<> cannot tell apart from its own
/// conversions.
struct Value {
  Json json;
};

constexpr Bytes kAnswerBytesMax = 4 << 20;        // a file of 1 MiB in hex digits, and some air
constexpr Bytes kRemoteRefsBytesMax = 128 << 20;  // the longest names of kRemoteRefsMax refs

Error strange_answer(const std::string& what) {
  return Error{Errc::git, "melisai-gate-git answered what this program does not understand (" +
                              what + "): are both from one installation?"};
}

Error error_of(const Json& json) {
  const auto code = json.at("code").get<std::string>();
  for (const git_wire::CodeName& known : git_wire::kCodeNames) {
    if (known.name == code) return Error{known.code, json.at("message").get<std::string>()};
  }
  return strange_answer("error code " + code);
}

/// The value under "ok", or the error that the helper reports.
Result<Value> parse_answer(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    if (json.contains("error")) return error_of(json.at("error"));
    return Value{json.at("ok")};
  } catch (const Json::exception& error) {
    return strange_answer(error.what());
  }
}

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

Result<std::string> from_hex_digits(const std::string& digits) {
  std::string bytes;
  bytes.reserve(digits.size() / 2);
  for (size_t i = 0; i + 1 < digits.size(); i += 2) {
    const int high = digit_value(digits[i]);
    const int low = digit_value(digits[i + 1]);
    if (high < 0 || low < 0) return strange_answer("hex digits");
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

Result<std::vector<GitCommit>> commits_in(const Json& json) {
  try {
    std::vector<GitCommit> commits;
    for (const Json& entry : json) {
      GitCommit& commit = commits.emplace_back();
      entry.at("sha").get_to(commit.sha);
      entry.at("parents").get_to(commit.parents);
      entry.at("subject").get_to(commit.subject);
    }
    return commits;
  } catch (const Json::exception& error) {
    return strange_answer(error.what());
  }
}

Result<std::vector<RemoteRef>> refs_in(const Json& json) {
  try {
    std::vector<RemoteRef> refs;
    for (const Json& entry : json)
      refs.push_back({entry.at(0).get<std::string>(), entry.at(1).get<std::string>()});
    return refs;
  } catch (const Json::exception& error) {
    return strange_answer(error.what());
  }
}

/// Nothing: there is no such file.
Result<std::optional<std::string>> file_in(const Json& json) {
  if (json.is_null()) return std::optional<std::string>();
  if (!json.is_string()) return strange_answer("not a file");
  MELISAI_TRY(std::string content, from_hex_digits(json.get<std::string>()));
  return std::optional<std::string>(std::move(content));
}

Result<std::vector<std::string>> texts_in(const Json& json) {
  try {
    return json.get<std::vector<std::string>>();
  } catch (const Json::exception& error) {
    return strange_answer(error.what());
  }
}

/// Only what ssh needs to find known hosts and the agent, and SUDO_UID, by which libgit2 as root
/// knows the owner.
std::vector<std::string> environment() {
  std::vector<std::string> env;
  for (const char* name : {"HOME", "SSH_AUTH_SOCK", "SUDO_UID"}) {
    if (const char* value = std::getenv(name)) env.push_back(std::string(name) + "=" + value);
  }
  return env;
}

/// Starts melisai-gate-git for one question.
class Helper {
 public:
  Helper(GitProgram program, Milliseconds timeout, const Interrupt& interrupt)
      : program_(std::move(program)), timeout_(timeout), interrupt_(interrupt) {}

  struct Question {
    std::string_view operation;
    Json request;
    std::string where;  ///< for messages
    Bytes answer_max = kAnswerBytesMax;
  };
  Result<Value> ask(Question question) const {
    question.request["operation"] = question.operation;
    HelperCall call;
    call.program = program_.path;
    call.env = environment();
    call.timeout = timeout_;
    call.output_max = question.answer_max;
    try {
      call.input = question.request.dump();
    } catch (const Json::exception&) {
      return Error{Errc::git, "a path or reference given to git is not valid UTF-8: rename it"};
    }
    auto answer =
        program_.spare ? program_.spare->call(call, interrupt_) : call_helper(call, interrupt_);
    if (!answer)
      return with_context(answer.error(),
                          "git " + std::string(question.operation) + " " + question.where);
    return parse_answer(*answer);
  }

 private:
  GitProgram program_;
  Milliseconds timeout_;
  const Interrupt& interrupt_;
};

class HelperGitRepo : public GitRepo {
 public:
  HelperGitRepo(GitProgram program, std::string directory, GitOptions options,
                const Interrupt& interrupt)
      : helper_(std::move(program), options.timeout, interrupt),
        directory_(std::move(directory)),
        options_(options) {}

  Result<std::string> resolve(const std::string& ref) override {
    return text(call(git_wire::kResolve, {{"ref", ref}}));
  }

  Result<std::string> merge_base(const std::string& sha_a, const std::string& sha_b) override {
    return text(call(git_wire::kMergeBase, {{"sha", sha_a}, {"other_sha", sha_b}}));
  }

  Result<std::vector<GitCommit>> commits_between(const std::string& good_sha,
                                                 const std::string& bad_sha) override {
    MELISAI_TRY(const Value value,
                call(git_wire::kCommitsBetween, {{"sha", good_sha}, {"other_sha", bad_sha}}));
    return commits_in(value.json);
  }

  Result<std::vector<std::string>> changed_paths(const std::string& base_sha,
                                                 const std::string& sha) override {
    MELISAI_TRY(const std::string digits,
                text(call(git_wire::kChangedPaths, {{"sha", base_sha}, {"other_sha", sha}})));
    MELISAI_TRY(const std::string bytes, from_hex_digits(digits));
    std::vector<std::string> paths;
    for (std::size_t at = 0, end = 0; (end = bytes.find('\0', at)) != std::string::npos;
         at = end + 1)
      paths.push_back(bytes.substr(at, end - at));
    return paths;
  }

  Result<std::vector<std::string>> first_parents(const std::string& sha) override {
    MELISAI_TRY(const Value value, call(git_wire::kFirstParents, {{"sha", sha}}));
    return texts_in(value.json);
  }

  Result<std::string> default_branch() override {
    return text(call(git_wire::kDefaultBranch, Json::object()));
  }

  Result<std::string> branch() override { return text(call(git_wire::kBranch, Json::object())); }

  Result<std::string> last_tag(const std::string& glob, const std::string& sha) override {
    return text(call(git_wire::kLastTag, {{"glob", glob}, {"sha", sha}}));
  }

  Result<std::optional<std::string>> read_file(const std::string& sha,
                                               const std::string& path) override {
    MELISAI_TRY(const Value value, call(git_wire::kReadFile, {{"sha", sha}, {"path", path}}));
    return file_in(value.json);
  }

  Result<void> checkout(const std::string& sha, const std::string& dir) override {
    MELISAI_CHECK(call(git_wire::kCheckout, with_target({{"sha", sha}}, dir)));
    return {};
  }

  Result<void> checkout_worktree(const std::string& dir) override {
    MELISAI_CHECK(call(git_wire::kCheckoutWorktree, with_target(Json::object(), dir)));
    return {};
  }

  Result<std::string> commit_patch(const PatchRequest& request) override {
    return text(call(git_wire::kCommitPatch, {{"sha", request.sha},
                                              {"path", request.file},
                                              {"message", request.message},
                                              {"ref", request.ref}}));
  }

  Result<std::string> worktree() override {
    return text(call(git_wire::kWorktree, Json::object()));
  }

 private:
  Json with_target(Json request, const std::string& dir) const {
    request["target"] = dir;
    request["submodules"] = options_.submodules;
    request["allow_http"] = options_.allow_http;
    request["url"] = options_.origin.url;
    request["token"] = options_.origin.token;
    return request;
  }

  Result<Value> call(std::string_view operation, Json request) const {
    request["repository"] = directory_;
    return helper_.ask(
        {.operation = operation, .request = std::move(request), .where = "in " + directory_});
  }

  static Result<std::string> text(const Result<Value>& value) {
    if (!value) return value.error();
    if (!value->json.is_string()) return strange_answer("not a text");
    return value->json.get<std::string>();
  }

  Helper helper_;
  std::string directory_;
  GitOptions options_;
};

class HelperRemoteRepo : public RemoteRepo {
 public:
  HelperRemoteRepo(GitProgram program, GitOptions options, const Interrupt& interrupt)
      : helper_(std::move(program), options.timeout, interrupt), options_(options) {}

  Result<std::vector<RemoteRef>> refs(const RemoteAddress& address) override {
    MELISAI_TRY(const Value value, helper_.ask({.operation = git_wire::kRemoteRefs,
                                                .request = with_address(address, Json::object()),
                                                .where = "of a server",
                                                .answer_max = kRemoteRefsBytesMax}));
    return refs_in(value.json);
  }

  Result<void> fetch(const FetchRequest& request) override {
    MELISAI_CHECK(ask_to_fetch(request, ""));
    return {};
  }

  Result<std::optional<std::string>> fetch_file(const FetchRequest& request,
                                                const std::string& path) override {
    MELISAI_TRY(const Value value, ask_to_fetch(request, path));
    return file_in(value.json);
  }

 private:
  Result<Value> ask_to_fetch(const FetchRequest& request, const std::string& path) const {
    return helper_.ask(
        {.operation = git_wire::kFetch,
         .request = with_address(
             {.url = request.url, .token = request.token, .proposal = request.proposal},
             {{"target", request.directory}, {"sha", request.sha}, {"path", path}}),
         .where = "into " + request.directory});
  }

  /// On standard input, where no other process sees the token.
  Json with_address(const RemoteAddress& address, Json request) const {
    request["url"] = address.url;
    request["token"] = address.token;
    request["proposal"] = address.proposal;
    request["allow_http"] = options_.allow_http;
    return request;
  }

  Helper helper_;
  GitOptions options_;
};

}  // namespace

bool is_proposal_head(std::string_view ref) {
  constexpr std::string_view kHead = "/head";
  constexpr std::size_t kDigitsMax = 16;
  for (const std::string_view prefix : {"refs/pull/", "refs/merge-requests/"}) {
    if (!ref.starts_with(prefix) || !ref.ends_with(kHead)) continue;
    ref.remove_prefix(prefix.size());
    if (ref.size() <= kHead.size()) return false;
    ref.remove_suffix(kHead.size());
    return ref.size() <= kDigitsMax && ref.front() != '0' &&
           ref.find_first_not_of("0123456789") == std::string_view::npos;
  }
  return false;
}

std::shared_ptr<SpareHelper> make_spare_git(const std::string& path, bool keep) {
  return std::make_shared<SpareHelper>(HelperCall{.program = path, .env = environment()}, keep);
}

std::unique_ptr<GitRepo> make_git_repo(GitProgram program, std::string directory,
                                       GitOptions options, const Interrupt& interrupt) {
  return std::make_unique<HelperGitRepo>(std::move(program), std::move(directory), options,
                                         interrupt);
}

std::unique_ptr<RemoteRepo> make_remote_repo(GitProgram program, GitOptions options,
                                             const Interrupt& interrupt) {
  return std::make_unique<HelperRemoteRepo>(std::move(program), options, interrupt);
}

}  // namespace melisai
