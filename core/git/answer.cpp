#include "core/git/answer.h"

#include <nlohmann/json.hpp>

#include "core/base/git_wire.h"
#include "core/base/text.h"
#include "core/git/checkout.h"
#include "core/git/mirror.h"
#include "core/git/patched_commit.h"
#include "core/git/repository.h"

namespace melisai::git {
namespace {

using Json = nlohmann::json;

/// nlohmann::json converts to and from everything, which Result<> cannot tell apart from its own
/// conversions.
struct Value {
  Json json;
};

struct Request {
  std::string operation;
  std::string repository;
  std::string ref;
  std::string sha;
  std::string other_sha;
  std::string path;
  std::string glob;
  std::string url;
  std::string message;
  std::string token;
  std::string proposal;
  CheckoutTask checkout;
};

Result<Request> parse_request(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    Request request;
    json.at("operation").get_to(request.operation);
    request.repository = json.value("repository", "");
    request.ref = json.value("ref", "");
    request.sha = json.value("sha", "");
    request.other_sha = json.value("other_sha", "");
    request.path = json.value("path", "");
    request.glob = json.value("glob", "");
    request.url = json.value("url", "");
    request.message = json.value("message", "");
    request.token = json.value("token", "");
    request.proposal = json.value("proposal", "");
    request.checkout.directory = json.value("target", "");
    request.checkout.submodules = json.value("submodules", false);
    request.checkout.allow_http = json.value("allow_http", false);
    request.checkout.origin = {.url = request.url, .token = request.token};
    // The file system would see only what is before the NUL.
    for (const std::string* name : {&request.repository, &request.ref, &request.path, &request.glob,
                                    &request.checkout.directory, &request.message}) {
      if (name->find('\0') != std::string::npos)
        return Error{Errc::git, "a name contains a NUL character"};
    }
    return request;
  } catch (const Json::exception& error) {
    return Error{Errc::io, std::string("request to melisai-gate-git: ") + error.what()};
  }
}

/// File contents are any bytes; JSON strings are not.
std::string to_hex_digits(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char byte : bytes) {
    const unsigned value = static_cast<unsigned char>(byte);
    text += kDigits[value >> 4];
    text += kDigits[value & 15];
  }
  return text;
}

Json to_json(const std::string& value) { return value; }
Json to_json(const std::optional<std::string>& value) {
  return value ? Json(to_hex_digits(*value)) : Json(nullptr);
}

Json to_json(const std::vector<std::string>& values) { return values; }

/// Paths are any bytes but NUL.
Result<Value> as_paths(const Result<std::vector<std::string>>& paths) {
  if (!paths) return paths.error();
  std::string bytes;
  for (const std::string& path : *paths) bytes.append(path).push_back('\0');
  return Value{to_hex_digits(bytes)};
}

Json to_json(const std::vector<GitCommit>& commits) {
  Json list = Json::array();
  for (const GitCommit& commit : commits)
    list.push_back({{"sha", commit.sha}, {"parents", commit.parents}, {"subject", commit.subject}});
  return list;
}

Json to_json(const std::vector<RemoteRef>& refs) {
  Json list = Json::array();
  for (const RemoteRef& ref : refs) list.push_back(Json::array({ref.name, ref.sha}));
  return list;
}

template <class T>
Result<Value> as_json(Result<T> result) {
  if (!result) return result.error();
  if constexpr (std::is_void_v<T>) {
    return Value{true};
  } else {
    return Value{to_json(*result)};
  }
}

/// The address comes from whoever configures the daemon: his own repositories are his to name.
UrlPolicy policy_of(const Request& request) {
  return {.allow_http = request.checkout.allow_http, .allow_local = true};
}

Result<Value> fetch(const Request& request) {
  MELISAI_TRY(const Repository mirror, update_mirror({.url = request.url,
                                                      .token = request.token,
                                                      .directory = request.checkout.directory,
                                                      .sha = request.sha,
                                                      .proposal = request.proposal,
                                                      .policy = policy_of(request)}));
  if (request.path.empty()) return Value{true};
  return as_json(read_file(*mirror, request.sha, request.path));
}

Result<Value> perform(const Request& request) {
  if (request.operation == git_wire::kRemoteRefs)
    return as_json(
        remote_refs({.url = request.url, .token = request.token, .proposal = request.proposal},
                    policy_of(request)));
  if (request.operation == git_wire::kFetch) return fetch(request);
  MELISAI_TRY(const Repository repository, open_repository(request.repository));
  if (request.operation == git_wire::kResolve) return as_json(resolve(*repository, request.ref));
  if (request.operation == git_wire::kMergeBase) {
    return as_json(merge_base(*repository, request.sha, request.other_sha));
  }
  if (request.operation == git_wire::kCommitsBetween)
    return as_json(commits_between(*repository, request.sha, request.other_sha));
  if (request.operation == git_wire::kChangedPaths)
    return as_paths(changed_paths(*repository, request.sha, request.other_sha));
  if (request.operation == git_wire::kFirstParents)
    return as_json(first_parents(*repository, request.sha));
  if (request.operation == git_wire::kDefaultBranch) return as_json(default_branch(*repository));
  if (request.operation == git_wire::kBranch) return Value{branch(*repository)};
  if (request.operation == git_wire::kLastTag)
    return as_json(last_tag(*repository, request.glob, request.sha));
  if (request.operation == git_wire::kReadFile)
    return as_json(read_file(*repository, request.sha, request.path));
  if (request.operation == git_wire::kCheckout)
    return as_json(checkout(*repository, request.sha, request.checkout));
  if (request.operation == git_wire::kCheckoutWorktree) {
    return as_json(checkout_worktree(*repository, request.checkout));
  }
  if (request.operation == git_wire::kCommitPatch)
    return as_json(commit_patch(*repository, {.sha = request.sha,
                                              .file = request.path,
                                              .message = request.message,
                                              .ref = request.ref}));
  if (request.operation == git_wire::kWorktree) return Value{worktree(*repository)};
  return Error{Errc::io, "melisai-gate-git knows no operation '" + request.operation + "'"};
}

/// A server may repeat what it was sent.
Error without_token(Error error, const std::string& token) {
  if (token.empty()) return error;
  for (std::size_t at = 0; (at = error.message.find(token, at)) != std::string::npos; at += 3)
    error.message.replace(at, token.size(), "***");
  return error;
}

/// Names in a repository may hold escape sequences for the terminal that shows the message.
Json error_json(const Error& error) {
  std::string_view code = "io";
  for (const git_wire::CodeName& known : git_wire::kCodeNames) {
    if (known.code == error.code) code = known.name;
  }
  return {{"error", {{"code", code}, {"message", printable(error.message)}}}};
}

}  // namespace

std::string answer(std::string_view request_text) {
  const auto request = parse_request(request_text);
  auto result = request ? perform(*request) : Result<Value>(request.error());
  if (!result)
    return error_json(request ? without_token(result.error(), request->token) : result.error())
        .dump();
  try {
    return Json{{"ok", result->json}}.dump();
  } catch (const Json::exception&) {
    return error_json({Errc::git, "a name in the repository is not valid UTF-8: rename it"}).dump();
  }
}

}  // namespace melisai::git
