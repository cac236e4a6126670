window.WORDS = {};
