# Writes a C++ source with the files of the page: cmake -D FOLDER=… -D OUT=… -P embed_page.cmake
set(entries "")
foreach(file IN ITEMS "index.html|text/html" "style.css|text/css" "draw.js|text/javascript" "icon.svg|image/svg+xml")
  string(REPLACE "|" ";" file "${file}")
  list(GET file 0 name)
  list(GET file 1 type)
  file(READ "${FOLDER}/${name}" text)
  if(name STREQUAL "index.html")
    set(name "")
  endif()
  string(APPEND entries "    {\"/${name}\", \"${type}; charset=utf-8\", R\"page(${text})page\"},\n")
endforeach()
file(WRITE "${OUT}" "#include \"tools/serve/page.hpp\"

#include <algorithm>
#include <array>

namespace lenet::serve {
namespace {

constexpr auto kFiles = std::to_array<PageFile>({
${entries}});

}  // namespace

const PageFile* page_file(std::string_view path) {
  const auto found = std::ranges::find(kFiles, path, &PageFile::path);
  return found == kFiles.end() ? nullptr : &*found;
}

}  // namespace lenet::serve
")
