#pragma once

#include <string_view>

namespace lenet::serve {

/// A file of the page to draw on, as browsers ask for it.
struct PageFile {
  std::string_view path;  ///< "/style.css"
  std::string_view type;  ///< its Content-Type
  std::string_view text;
};

/// Returns the file at a path, or null if there is none.
const PageFile* page_file(std::string_view path);

}  // namespace lenet::serve
