"""The screening report: one self-contained HTML file an investor can forward, in Chinese and English."""
