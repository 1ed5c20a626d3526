// A plain table for a terminal: columns as wide as their widest cell, two blanks between them.
#pragma once

#include <string>
#include <vector>

#include "core/report/text.h"

namespace melisai::report {

struct Column {
  std::string title;
  int width_max = 40;  ///< longer cells lose their middle
  Align align = Align::left;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  /// One cell per column; hostile text is made safe here.
  void add(const std::vector<std::string>& cells);
  std::string text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace melisai::report
