#include "core/publish/sticky.h"

#include <nlohmann/json.hpp>

#include "core/publish/paths.h"

namespace melisai::publish {
namespace {

using nlohmann::json;

constexpr int kPagesMax = 200;  // of 50 comments
constexpr int kForbidden = 403;
constexpr int kNothingThere = 404;
constexpr int kGone = 410;
constexpr int kOk = 200;
constexpr int kMarkedMax = 3;  // that nobody can tell from our own
constexpr int kTriesMax = 3;   // when a comment vanishes, or nobody knows whether it arrived

/// Whose comments are ours. Tokens of apps may not ask who they are; theirs are those of bots.
struct Self {
  std::optional<std::int64_t> id;
};

std::optional<std::int64_t> id_in(const json& object) {
  const auto id = object.is_object() ? object.find("id") : object.end();
  if (!object.is_object() || id == object.end() || !id->is_number_integer()) return std::nullopt;
  return id->get<std::int64_t>();
}

std::string text_in(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

Result<Self> who_am_i(Caller& caller) {
  MELISAI_TRY(const HttpAnswer answer, caller.send({.path = "/user"}));
  if (answer.status == kForbidden || answer.status == kNothingThere) return Self{};
  if (answer.status != kOk) return caller.refused(answer, "say whose token this is");
  const auto id = id_in(json::parse(answer.body, nullptr, false));
  if (!id) return Error{Errc::parse, caller.who() + " does not say whose token this is"};
  return Self{id};
}

bool is_marked(const json& comment, const std::string& marker) {
  return comment.is_object() && text_in(comment, "body").starts_with(marker);
}

bool is_ours(const json& comment, const Self& self, forge::Kind kind, const std::string& marker) {
  if (!is_marked(comment, marker)) return false;
  const auto author = comment.find(kind == forge::Kind::gitlab ? "author" : "user");
  if (author == comment.end() || !author->is_object()) return false;
  if (self.id) return id_in(*author) == self.id;
  return kind == forge::Kind::github ? text_in(*author, "type") == "Bot"
                                     : text_in(*author, "login") == "gitea-actions";
}

struct Found {
  std::int64_t id = 0;
  std::string body;
};

Result<std::optional<Found>> find_ours(Caller& caller, const Thread& thread, const Self& self,
                                       const std::string& marker) {
  std::optional<std::string> path = thread.list;
  int marked = 0;
  for (int page = 0; path; ++page) {
    if (page == kPagesMax)
      return Error{Errc::limit, "there are more than " + std::to_string(kPagesMax) +
                                    " pages of comments on " + thread.name};
    MELISAI_TRY(const HttpAnswer answer, caller.send({.path = *path}));
    if (answer.status != kOk) return caller.refused(answer, "show the comments on " + thread.name);
    const json all = json::parse(answer.body, nullptr, false);
    if (!all.is_array())
      return Error{Errc::parse,
                   caller.who() + " answers with something that is no list of comments"};
    for (const json& comment : all) {
      if (is_marked(comment, marker)) ++marked;
      if (is_ours(comment, self, caller.account().kind, marker))
        if (const auto id = id_in(comment))
          return std::optional(Found{*id, text_in(comment, "body")});
    }
    MELISAI_TRY(path, caller.next_page(answer));
  }
  // Tokens of people, whom only they can name: another comment each time would be worse than none.
  // A few are needed for it, or one of a stranger with our marker would keep the first one back.
  if (marked >= kMarkedMax && !self.id && caller.account().kind != forge::Kind::github)
    return Error{Errc::config,
                 caller.who() + " does not say whose token this is, so the comment on " +
                     thread.name + " cannot be told from a stranger's; the token needs " +
                     "'read:user' (Gitea) or 'read_user' (GitLab), too"};
  return std::optional<Found>();
}

std::string body_of(const std::string& comment) {
  return json{{"body", comment}}.dump(-1, ' ', false, json::error_handler_t::replace);
}

bool is_success(const HttpAnswer& answer) { return answer.ok(); }

}  // namespace

Result<std::string> put_comment(Caller& caller, std::int64_t pull_request, const Content& content) {
  const Thread thread = thread_of(caller.account(), pull_request);
  const std::string marker = report::marker_of(content.context.name);
  MELISAI_TRY(const Self self, who_am_i(caller));
  Error last;
  for (int tries = 0; tries < kTriesMax; ++tries) {
    MELISAI_TRY(const std::optional<Found> found, find_ours(caller, thread, self, marker));
    if (found && found->body == content.comment)
      return "comment on " + thread.name + " says so already";
    if (found) {
      MELISAI_TRY(const HttpAnswer answer,
                  caller.send({.method = thread.update_method,
                               .path = thread.update + std::to_string(found->id),
                               .body = body_of(content.comment)}));
      if (is_success(answer)) return "comment on " + thread.name + " updated";
      last = caller.refused(answer, "update the comment on " + thread.name);
      // Somebody removed it in between: it is looked for again, and then made.
      if (answer.status != kNothingThere && answer.status != kGone) return last;
      continue;
    }
    const Result<HttpAnswer> answer = caller.send({.method = "POST",
                                                   .path = thread.create,
                                                   .body = body_of(content.comment),
                                                   .twice = Ask::Twice::harms});
    if (answer && is_success(*answer)) return "comment on " + thread.name + " made";
    if (answer) return caller.refused(*answer, "comment on " + thread.name);
    last = answer.error();
    // It may be there: the next round looks.
    if (last.code != Errc::io) return last;
  }
  return last;
}

Result<std::string> head_of(Caller& caller, std::int64_t pull_request) {
  const Thread thread = thread_of(caller.account(), pull_request);
  MELISAI_TRY(const HttpAnswer answer, caller.send({.path = thread.self}));
  if (answer.status != kOk) return caller.refused(answer, "show " + thread.name);
  const json body = json::parse(answer.body, nullptr, false);
  if (body.is_object() && caller.account().kind == forge::Kind::gitlab) {
    if (const std::string sha = text_in(body, "sha"); !sha.empty()) return sha;
  } else if (body.is_object() && body.contains("head") && body["head"].is_object()) {
    if (const std::string sha = text_in(body["head"], "sha"); !sha.empty()) return sha;
  }
  return Error{Errc::parse, caller.who() + " does not say at which commit " + thread.name + " is"};
}

}  // namespace melisai::publish
