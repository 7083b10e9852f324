export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const AT = 'crank.theme';

export const currentTheme = (): Theme => themes.find((one) => one === localStorage.getItem(AT)) ?? 'system';

export const applyTheme = (theme: Theme = currentTheme()): void => {
  localStorage.setItem(AT, theme);
  const { dataset } = document.documentElement;
  if (theme === 'system') delete dataset['theme'];
  else dataset['theme'] = theme;
};
