"""What all pages share: the layout, two languages, formats, forms, static files and pages for errors."""
