#include "core/publish/verdict.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <span>

#include "core/forge/names.h"
#include "core/publish/paths.h"
#include "core/report/report.h"

namespace melisai::publish {
namespace {

using nlohmann::json;
using report::Annotation;

constexpr std::size_t kAnnotationsOfARequest = 50;
constexpr int kTriesMax = 3;  // when nobody knows whether it arrived
constexpr int kBadRequest = 400;
constexpr int kForbidden = 403;
constexpr int kNothingThere = 404;
constexpr int kUnprocessable = 422;
constexpr int kOk = 200;

std::string dumped(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Forges refuse the whole verdict for what is none.
bool is_address(const std::string& url) {
  return url.starts_with("https://") || url.starts_with("http://");
}

std::string name_of(const Content& content) {
  return content.context.name == report::CommentContext{}.name
             ? "melisai-gate"
             : "melisai-gate/" + content.context.name;
}

json annotations_in(std::span<const Annotation> all) {
  json out = json::array();
  for (const Annotation& each : all)
    out.push_back({{"path", each.path},
                   {"start_line", each.line},
                   {"end_line", each.line},
                   {"annotation_level", report::to_string(each.level)},
                   {"title", each.title},
                   {"message", each.message}});
  return out;
}

json output_of(const Content& content, std::span<const Annotation> annotations) {
  return {{"title", content.check.title},
          {"summary", content.check.summary},
          {"annotations", annotations_in(annotations)}};
}

json check_run(const Place& place, const Content& content, const std::string& external_id,
               std::span<const Annotation> annotations) {
  json run = {
      {"name", name_of(content)},   {"head_sha", place.sha},
      {"status", "completed"},      {"conclusion", report::to_string(content.check.conclusion)},
      {"external_id", external_id}, {"output", output_of(content, annotations)}};
  if (is_address(content.context.details_url)) run["details_url"] = content.context.details_url;
  for (const auto& [identifier, label] : place.buttons)
    run["actions"].push_back(
        {{"label", label}, {"description", label}, {"identifier", identifier}});
  return run;
}

/// Id of one publication: what a request that nobody answered has made is known by it.
std::string fresh_id() {
  return "melisai-gate-" + std::to_string(fresh_seed()) + std::to_string(fresh_seed());
}

struct Made {
  std::int64_t id = 0;
  std::size_t annotations = 0;  ///< that arrived
};

std::optional<Made> made_in(const json& run) {
  if (!run.is_object()) return std::nullopt;
  const auto id = run.find("id");
  if (id == run.end() || !id->is_number_unsigned()) return std::nullopt;
  Made made{.id = id->get<std::int64_t>()};
  const auto output = run.find("output");
  if (output != run.end() && output->is_object() && output->contains("annotations_count") &&
      (*output)["annotations_count"].is_number_unsigned())
    made.annotations = (*output)["annotations_count"].get<std::size_t>();
  return made;
}

/// A publication of check runs, step by step.
class Checks {
 public:
  Checks(Caller& caller, const Place& place, const Content& content)
      : caller_(caller), place_(place), content_(content), path_(path_of(caller.account())) {}

  /// Nothing: this token makes no check runs.
  Result<std::optional<std::string>> put() {
    const std::span<const Annotation> all(content_.check.annotations);
    MELISAI_TRY(std::optional<Made> made, made_before());
    std::string done = made ? "check run was made before" : "check run made";
    std::size_t there = made ? made->annotations : kAnnotationsOfARequest;
    // Of one without any it may be that they were not taken.
    if (made && there == 0) return std::optional(std::move(done));
    if (!made) {
      MELISAI_TRY(made, create(all.first(std::min(all.size(), kAnnotationsOfARequest))));
    }
    if (!made) return std::optional<std::string>();
    if (without_annotations_) return std::optional(done + ", without annotations");
    for (; there < all.size(); there += kAnnotationsOfARequest)
      MELISAI_CHECK(
          append(made->id, there,
                 all.subspan(there, std::min(all.size() - there, kAnnotationsOfARequest))));
    if (!all.empty()) done += " with " + report::count_of(all.size(), "annotation");
    return std::optional(std::move(done));
  }

 private:
  /// Nothing also for a token that is shown none: it will not make one either.
  Result<std::optional<Made>> made_before() {
    if (place_.id.empty()) return std::optional<Made>();
    const Result<std::optional<Made>> found = find();
    const bool is_refused =
        !found && (found.error().code == Errc::config || found.error().code == Errc::not_found);
    return is_refused ? std::optional<Made>() : found;
  }

  Result<std::optional<Made>> create(std::span<const Annotation> annotations) {
    Error last;
    for (int tries = 0; tries < kTriesMax; ++tries) {
      const Result<HttpAnswer> answer =
          caller_.send({.method = "POST",
                        .path = path_ + "/check-runs",
                        .body = dumped(check_run(place_, content_, external_id_, annotations)),
                        .twice = Ask::Twice::harms});
      if (!answer) {
        last = answer.error();
        if (last.code != Errc::io) return last;
        MELISAI_TRY(const std::optional<Made> arrived, find());
        if (arrived) return arrived;
        continue;
      }
      if (answer->ok()) {
        const std::optional<Made> made = made_in(json::parse(answer->body, nullptr, false));
        if (made) return made;
        return Error{Errc::parse, caller_.who() + " answers with no check run"};
      }
      if (answer->status == kForbidden || answer->status == kNothingThere)
        return std::optional<Made>();
      // The verdict is worth more than the lines that it points at.
      if (answer->status == kUnprocessable && !annotations.empty()) {
        annotations = {};
        without_annotations_ = true;
        continue;
      }
      return caller_.refused(*answer, "make a check run");
    }
    return last;
  }

  /// The check run of this publication, if it is there.
  Result<std::optional<Made>> find() {
    MELISAI_TRY(const HttpAnswer answer,
                caller_.send({.path = path_ + "/commits/" + place_.sha + "/check-runs?check_name=" +
                                      forge::percent_encoded(name_of(content_)) +
                                      "&filter=all&per_page=100"}));
    if (answer.status != kOk) return caller_.refused(answer, "show the check runs of the commit");
    const json body = json::parse(answer.body, nullptr, false);
    if (body.is_object() && body.contains("check_runs") && body["check_runs"].is_array())
      for (const json& run : body["check_runs"])
        if (run.is_object() && run.contains("external_id") && run["external_id"] == external_id_)
          return made_in(run);
    return std::optional<Made>();
  }

  /// Annotations are added to those there are, so nothing that may have arrived is sent again
  /// before the forge has said what it has.
  Result<void> append(std::int64_t id, std::size_t there, std::span<const Annotation> more) {
    const std::string path = path_ + "/check-runs/" + std::to_string(id);
    Error last;
    for (int tries = 0; tries < kTriesMax; ++tries) {
      const Result<HttpAnswer> answer =
          caller_.send({.method = "PATCH",
                        .path = path,
                        .body = dumped({{"output", output_of(content_, more)}}),
                        .twice = Ask::Twice::harms});
      if (answer && answer->ok()) return {};
      if (answer) return caller_.refused(*answer, "add annotations to the check run");
      last = answer.error();
      if (last.code != Errc::io) return last;
      MELISAI_TRY(const HttpAnswer now, caller_.send({.path = path}));
      const std::optional<Made> made = made_in(json::parse(now.body, nullptr, false));
      if (made && made->annotations >= there + more.size()) return {};
    }
    return last;
  }

  Caller& caller_;
  const Place& place_;
  const Content& content_;
  const std::string path_;
  const std::string external_id_ = place_.id.empty() ? fresh_id() : place_.id;
  bool without_annotations_ = false;
};

/// What GitLab calls it.
std::string gitlab_state(const std::string& state) {
  return state == "success" ? "success" : "failed";
}

Result<std::string> put_status(Caller& caller, const Place& place, const Content& content) {
  const bool is_gitlab = caller.account().kind == forge::Kind::gitlab;
  json status = {{"state", is_gitlab ? gitlab_state(content.status_state) : content.status_state},
                 {"description", content.status_text},
                 {is_gitlab ? "name" : "context", name_of(content)}};
  if (is_address(content.context.details_url)) status["target_url"] = content.context.details_url;
  MELISAI_TRY(const HttpAnswer answer,
              caller.send({.method = "POST",
                           .path = path_of(caller.account()) + "/statuses/" + place.sha,
                           .body = dumped(status)}));
  if (answer.ok()) return "commit status set";
  // GitLab's word for a status that says so already.
  if (is_gitlab && answer.status == kBadRequest &&
      answer.body.find("Cannot transition status") != std::string::npos)
    return "commit status says so already";
  return caller.refused(answer, "set the status of the commit");
}

}  // namespace

Result<std::string> put_verdict(Caller& caller, const Place& place, const Content& content) {
  if (caller.account().kind == forge::Kind::github) {
    MELISAI_TRY(const std::optional<std::string> done, Checks(caller, place, content).put());
    if (done) return *done;
  }
  MELISAI_TRY(const std::string done, put_status(caller, place, content));
  return caller.account().kind == forge::Kind::github
             ? done + ", because this token may make no check runs"
             : done;
}

}  // namespace melisai::publish
