// The test binaries of one `cargo bench`. Private to libtest*.cpp.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/measure/formats/builder.h"

namespace melisai::formats {

/// The same name in two binaries is two benchmarks; in two runs of one binary, two values of one.
/// Binaries are known by what cargo says it runs or, where it said that elsewhere (on stderr), by
/// the tests they list.
class LibtestSuites {
 public:
  LibtestSuites(const Limits& limits, ReadingsBuilder& builder)
      : limits_(limits), builder_(builder) {}

  /// A binary starts; `binary`: its name, "" when nobody said it.
  Result<void> begin(std::string_view binary);
  /// A test that is no result.
  void listed(std::string_view name);
  /// Errors: limit.
  Result<void> measured(std::string_view name, double ns, std::optional<double> bytes_per_second);
  void failed(std::string_view name, std::string_view why);
  /// The first line of why wins over "FAILED".
  void explain(std::string_view name, std::string_view why);
  /// Hands the last binary's results over.
  Result<void> end();

 private:
  struct Row {
    std::string name;
    double ns = 0;
    std::optional<double> bytes_per_second;
  };
  std::string unique_name(const std::string& name);

  const Limits& limits_;
  ReadingsBuilder& builder_;
  std::string binary_;
  std::size_t tests_ = 0;  ///< hash over the names of all it listed
  std::vector<Row> rows_;
  std::map<std::string, std::string, std::less<>> failed_;
  std::map<std::string, std::size_t> binaries_;  ///< what tells one apart -> its position
  std::map<std::string, std::size_t> owners_;    ///< name -> position of the first that had it
};

}  // namespace melisai::formats
