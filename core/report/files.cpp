#include "core/base/files.h"

#include <string>

#include "core/report/report.h"

namespace melisai::report {
namespace {

Error cannot_write(Error error) {
  error.message += error.code == Errc::disk_full
                       ? "; free some space, or choose another place with --output-dir"
                       : "; choose a directory that can be written with --output-dir";
  return with_context(std::move(error), "cannot write the report");
}

}  // namespace

Result<void> prepare_directory(const std::string& directory) {
  const auto prepare = [&]() -> Result<void> {
    MELISAI_CHECK(make_directories(directory + "/logs"));
    for (const char* earlier : {"/report.json", "/report.md", "/flame"})
      MELISAI_CHECK(remove_tree(directory + earlier));
    return write_file(directory + "/.gitignore", "*\n");
  };
  if (auto prepared = prepare(); !prepared) return cannot_write(std::move(prepared).error());
  return {};
}

Result<void> write_reports(const Report& report, const std::string& directory,
                           const std::string& repeat) {
  if (auto made = make_directories(directory); !made) return cannot_write(std::move(made).error());
  const std::string path = directory + "/report";
  if (auto json = write_file(path + ".json", to_json(report)); !json)
    return cannot_write(std::move(json).error());
  if (auto text = write_file(path + ".md", render_markdown(report, repeat)); !text)
    return cannot_write(std::move(text).error());
  return {};
}

}  // namespace melisai::report
