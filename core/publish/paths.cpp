#include "core/publish/paths.h"

#include "core/forge/names.h"

namespace melisai::publish {

std::string path_of(const forge::Account& account) {
  return account.kind == forge::Kind::gitlab
             ? "/projects/" + forge::percent_encoded(account.repository)
             : "/repos/" + account.repository;
}

Thread thread_of(const forge::Account& account, std::int64_t pull_request) {
  const std::string number = std::to_string(pull_request);
  const std::string start = path_of(account);
  if (account.kind == forge::Kind::gitlab) {
    const std::string notes = start + "/merge_requests/" + number + "/notes";
    return {.name = "!" + number,
            .self = start + "/merge_requests/" + number,
            .list = notes + "?per_page=50&sort=asc&order_by=created_at",
            .create = notes,
            .update = notes + "/",
            .update_method = "PUT"};
  }
  const std::string comments = start + "/issues/" + number + "/comments";
  return {.name = "#" + number,
          .self = start + "/pulls/" + number,
          .list = comments + (account.kind == forge::Kind::github ? "?per_page=50" : "?limit=50"),
          .create = comments,
          .update = start + "/issues/comments/",
          .update_method = "PATCH"};
}

}  // namespace melisai::publish
