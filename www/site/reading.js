// @ts-check
/** The contents are folded on a phone, and open where there is room beside the text. */
const wide = matchMedia("(min-width: 52.01rem)");
const contents = document.querySelector(".contents details");

const unfold = () => contents?.toggleAttribute("open", wide.matches);

wide.addEventListener("change", unfold);
unfold();
