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

/// Of a file directly in flame/; the report may be a stranger's.
bool is_flame_graph(const EvidenceFile& file) {
  constexpr std::string_view kFolder = "flame/";
  return file.kind == "flame_graph" && file.path.starts_with(kFolder) &&
         file.path.find('/', kFolder.size()) == std::string::npos &&
         file.path.find('\0') == std::string::npos;
}

}  // namespace

std::vector<ShownFlame> read_flames(const Report& report, const std::string& directory) {
  std::vector<ShownFlame> flames;
  std::size_t room = kFlamesBytesMax;
  for (const Evidence& evidence : report.evidence) {
    for (const EvidenceFile& file : evidence.files) {
      if (!is_flame_graph(file)) continue;
      Result<std::string> svg = read_file(directory + "/" + file.path, kFlameBytesMax);
      if (!svg || svg->size() > room) continue;  // the page names it all the same
      room -= svg->size();
      flames.push_back({file.path, *std::move(svg)});
    }
  }
  return flames;
}

bool is_of_run(const std::string& directory, std::int64_t run) {
  const Result<std::string> text = read_file(directory + "/report.json", kReportBytesMax);
  const Result<Report> report = text ? report_from_json(*text) : Result<Report>(text.error());
  return report && report->run == run;
}

Result<void> prepare_directory(const std::string& directory) {
  const auto prepare = [&]() -> Result<void> {
    MELISAI_CHECK(make_directories(directory + "/logs"));
    for (const char* earlier : {"/report.json", "/report.md", "/report.html", "/flame"})
      MELISAI_CHECK(remove_tree(directory + earlier));
    return write_file(directory + "/.gitignore", "*\n");
  };
  if (auto prepared = prepare(); !prepared) return cannot_write(std::move(prepared).error());
  return {};
}

Result<void> write_reports(const Report& report, const std::string& directory,
                           const std::string& repeat, Exhibits exhibits) {
  if (auto made = make_directories(directory); !made) return cannot_write(std::move(made).error());
  const std::string path = directory + "/report";
  if (auto json = write_file(path + ".json", to_json(report)); !json)
    return cannot_write(std::move(json).error());
  if (auto text = write_file(path + ".md", render_markdown(report, repeat)); !text)
    return cannot_write(std::move(text).error());
  exhibits.repeat = repeat;
  exhibits.flames = read_flames(report, directory);
  if (auto page = write_file(path + ".html", to_html(report, exhibits)); !page)
    return cannot_write(std::move(page).error());
  return {};
}

}  // namespace melisai::report
