#include "core/flame/svg_script.h"

namespace melisai::flame {

const std::string_view kSvgStyle = R"css(
text { font: 12px sans-serif; fill: #000; }
.box rect { stroke: #fff; stroke-width: 0.5; }
.box text { pointer-events: none; }
.box:hover rect, .box:focus rect { stroke: #000; stroke-width: 1.5; }
.box:focus, .button:focus { outline: none; }
.box.found rect { stroke: #000; stroke-width: 2; }
.box.outside { display: none; }
.box.caller rect { opacity: 0.5; }
.hidden { display: none; }
.button { cursor: pointer; }
.button rect { fill: #eee; stroke: #777; }
.button:focus rect, .button:hover rect { stroke: #000; stroke-width: 2; }
.button[aria-pressed="true"] rect { fill: #fff; stroke: #000; stroke-width: 2; }
.button[aria-pressed="true"] text { font-weight: bold; }
input { width: 200px; font: 12px sans-serif; }
)css";

// Views are groups of boxes in the order of a walk: a caller before its callees. data-x and data-w
// are thousandths of the whole width, data-d is the depth.
const std::string_view kSvgScript = R"js(
(function () {
  "use strict";
  var svg = document.documentElement;
  var width = 1180;
  var buttons = Array.from(svg.querySelectorAll(".button[data-view]"));
  var views = Array.from(svg.querySelectorAll(".view"));
  var status = svg.getElementById("status");
  var field = svg.getElementById("search");
  var current = views[0];

  function boxes(view) { return Array.from(view.querySelectorAll(".box")); }
  function number(box, key) { return parseFloat(box.getAttribute("data-" + key)); }
  function lines(box) { return box.querySelector("title").textContent.split("\n"); }

  function fit(box, pixels) {
    var text = box.querySelector("text");
    if (!text) return;
    var name = (box.getAttribute("data-sign") || "") + lines(box)[0];
    var room = Math.floor((pixels - 6) / 6.6);
    var cut = name.length <= room ? name : name.slice(0, room - 1) + "\u2026";
    text.textContent = room < 3 ? "" : cut;
  }

  function place(box, from, share) {
    var x = (number(box, "x") - from) / share * width;
    var w = number(box, "w") / share * width;
    x = Math.max(0, x);
    w = Math.min(width - x, w);
    var rect = box.querySelector("rect");
    rect.setAttribute("x", 10 + x);
    rect.setAttribute("width", Math.max(0, w));
    var text = box.querySelector("text");
    if (text) text.setAttribute("x", 13 + x);
    fit(box, w);
  }

  function zoom(target) {
    var from = target ? number(target, "x") : 0;
    var share = target ? Math.max(number(target, "w"), 1e-9) : 1000;
    var depth = target ? number(target, "d") : 0;
    boxes(current).forEach(function (box) {
      var x = number(box, "x"), w = number(box, "w"), d = number(box, "d");
      var caller = d < depth && x <= from + 1e-6 && x + w >= from + share - 1e-6;
      var inside = d >= depth && x >= from - 1e-6 && x + w <= from + share + 1e-6;
      box.classList.toggle("outside", !caller && !inside);
      box.classList.toggle("caller", caller);
      if (caller || inside) place(box, from, share);
    });
  }

  function search() {
    var word = field ? field.value.toLowerCase() : "";
    var found = 0, until = -1, share = 0;
    boxes(current).forEach(function (box) {
      var hit = word !== "" && lines(box)[0].toLowerCase().indexOf(word) >= 0;
      box.classList.toggle("found", hit);
      if (!hit) return;
      found += 1;
      var x = number(box, "x"), end = x + number(box, "w");
      if (end > until + 1e-9) { share += end - Math.max(x, until); until = end; }
    });
    var text = found + " found, " + (share / 10).toFixed(1) + " % of the width";
    status.textContent = word === "" ? "" : text;
  }

  function show(name) {
    views.forEach(function (view) {
      var on = view.getAttribute("data-view") === name;
      view.classList.toggle("hidden", !on);
      if (on) current = view;
    });
    buttons.forEach(function (button) {
      var on = button.getAttribute("data-view") === name;
      button.setAttribute("aria-pressed", on ? "true" : "false");
    });
    zoom(null);
    search();
  }

  function neighbour(box, key) {
    var all = boxes(current).filter(function (each) {
      return !each.classList.contains("outside");
    });
    var at = all.indexOf(box), depth = number(box, "d"), i;
    if (key === "ArrowUp") {
      var next = all[at + 1];
      return next && number(next, "d") > depth ? next : null;
    }
    if (key === "ArrowDown") {
      for (i = at - 1; i >= 0; i -= 1) if (number(all[i], "d") < depth) return all[i];
      return null;
    }
    var step = key === "ArrowRight" ? 1 : -1;
    for (i = at + step; i >= 0 && i < all.length; i += step)
      if (number(all[i], "d") === depth) return all[i];
    return null;
  }

  function part(event, name) {
    return event.target.closest ? event.target.closest(name) : null;
  }

  function activate(event) {
    var button = part(event, ".button"), box = part(event, ".box");
    if (button && button.id === "reset") zoom(null);
    else if (button) show(button.getAttribute("data-view"));
    else if (box) zoom(box);
    return button || box;
  }

  function tell(event) {
    var box = part(event, ".box");
    if (box) status.textContent = lines(box).join("; ");
  }

  svg.addEventListener("click", activate);
  svg.addEventListener("focusin", tell);
  svg.addEventListener("mouseover", tell);
  svg.addEventListener("keydown", function (event) {
    if (event.target === field) return;
    var box = part(event, ".box");
    if (event.key === "Escape") zoom(null);
    else if (event.key === "Enter" || event.key === " ") {
      if (!activate(event)) return;
    } else if (box && event.key.indexOf("Arrow") === 0) {
      var next = neighbour(box, event.key);
      if (!next) return;
      box.setAttribute("tabindex", "-1");
      next.setAttribute("tabindex", "0");
      next.focus();
    } else return;
    event.preventDefault();
  });
  if (field) field.addEventListener("input", search);
  svg.getElementById("controls").classList.remove("hidden");
}());
)js";

}  // namespace melisai::flame
